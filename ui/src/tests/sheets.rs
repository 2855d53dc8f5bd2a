//! Contact sheets of every screen: pictures for people in `docs/screens`, and what screens are compared with.
//!
//! `HUISCLOS_SHEETS=write cargo test --workspace --lib contact_sheets` draws them anew; look at them before committing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use room::view::Language;

use super::examples::{every_view, fonts};
use super::screens::{Look, Seen, on_every_display, on_every_panel, save};
use crate::canvas::Canvas;
use crate::geometry::{Area, Rect};
use crate::style::CALM;
use crate::text::{Elide, Text};

const COLUMNS: usize = 6;
/// Pixels: a small picture's width, the gap between them, and the line of its name.
const WIDTH: usize = 240;
const GAP: usize = 12;
const NAME: usize = 22;
/// Of a sheet: as many as a PNG of one byte a pixel has, so that the fine lines of warnings keep theirs.
const COLORS: usize = 256;
/// A colour may differ by so much on average in a small picture, and by so much in a square of 8 pixels: smoothing and
/// the fonts of another Debian do less, a moved button does more.
const MEAN_MAX: f64 = 4.0;
const SQUARE_MAX: f64 = 48.0;

/// RGB pixels, row by row.
#[derive(Clone)]
struct Small {
    height: usize,
    pixels: Vec<[u8; 3]>,
}

/// A screen made small: each pixel the mean of those it stands for.
fn small(size: (u32, u32), rgba: &[u8]) -> Small {
    let (width, height) = (size.0 as usize, size.1 as usize);
    let small_height = WIDTH * height / width;
    let mean = |x: usize, y: usize| {
        let (from_x, to_x) = (x * width / WIDTH, (x + 1) * width / WIDTH);
        let (from_y, to_y) = (y * height / small_height, (y + 1) * height / small_height);
        let mut sum = [0_usize; 3];
        for row in from_y..to_y {
            for pixel in rgba[(row * width + from_x) * 4..(row * width + to_x) * 4].chunks_exact(4) {
                (0..3).for_each(|part| sum[part] += usize::from(pixel[part]));
            }
        }
        let count = (to_x - from_x) * (to_y - from_y);
        sum.map(|part| (part / count) as u8)
    };
    let pixels = (0..small_height).flat_map(|y| (0..WIDTH).map(move |x| (x, y))).map(|(x, y)| mean(x, y)).collect();
    Small { height: small_height, pixels }
}

/// The name under a picture.
fn caption(name: &str) -> Vec<[u8; 3]> {
    let region = Rect { x: 0, y: 0, width: WIDTH as u32, height: NAME as u32 };
    let mut canvas = Canvas::new(region, 1.0, &CALM).unwrap();
    canvas.clear(crate::style::BACKGROUND);
    let text = Text::new(name, 14.0).quiet().elided(Elide::End);
    canvas.text(&fonts(), &text, Area::new(0.0, 0.0, WIDTH as f32, NAME as f32));
    canvas.pixels().chunks_exact(4).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect()
}

/// Where the picture of this number begins on its sheet.
fn place(number: usize, height: usize) -> (usize, usize) {
    (GAP + number % COLUMNS * (WIDTH + GAP), GAP + number / COLUMNS * (height + NAME + GAP))
}

fn sheet(screens: &[(String, Small)]) -> (usize, usize, Vec<[u8; 3]>) {
    let height = screens[0].1.height;
    let (width, rows) = (GAP + COLUMNS * (WIDTH + GAP), screens.len().div_ceil(COLUMNS));
    let whole = GAP + rows * (height + NAME + GAP);
    let mut pixels = vec![[0x28, 0x2c, 0x32]; width * whole];
    for (number, (name, picture)) in screens.iter().enumerate() {
        let (x, y) = place(number, height);
        let rows = picture.pixels.chunks_exact(WIDTH).map(<[_]>::to_vec);
        let named = rows.chain(caption(name).chunks_exact(WIDTH).map(<[_]>::to_vec).collect::<Vec<_>>());
        for (row, line) in named.enumerate() {
            pixels[(y + row) * width + x..][..WIDTH].copy_from_slice(&line);
        }
    }
    (width, whole, pixels)
}

/// The colours there are most of; screens have few, the rest is smoothing.
fn palette(pixels: &[[u8; 3]]) -> Vec<[u8; 3]> {
    let mut counts: BTreeMap<[u8; 3], usize> = BTreeMap::new();
    for pixel in pixels {
        // Neighbours count as one, under the first of them.
        *counts.entry(pixel.map(|part| part & !7)).or_default() += 1;
    }
    let mut colors: Vec<_> = counts.into_iter().collect();
    colors.sort_by_key(|(color, count)| (std::cmp::Reverse(*count), *color));
    colors.into_iter().take(COLORS).map(|(color, _)| color.map(|part| part | 3)).collect()
}

fn write(path: &PathBuf, (width, height, pixels): &(usize, usize, Vec<[u8; 3]>)) {
    let palette = palette(pixels);
    let mut nearest: BTreeMap<[u8; 3], u8> = BTreeMap::new();
    let mut index = |pixel: &[u8; 3]| {
        *nearest.entry(*pixel).or_insert_with(|| {
            let far =
                |color: &[u8; 3]| (0..3).map(|part| u32::from(color[part].abs_diff(pixel[part])).pow(2)).sum::<u32>();
            (0..palette.len()).min_by_key(|at| far(&palette[*at])).unwrap_or_default() as u8
        })
    };
    let indices: Vec<u8> = pixels.iter().map(&mut index).collect();
    let mut encoder = png::Encoder::new(File::create(path).unwrap(), *width as u32, *height as u32);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.write_header().unwrap().write_image_data(&indices).unwrap();
}

fn read(path: &PathBuf) -> Option<(usize, usize, Vec<[u8; 3]>)> {
    let mut decoder = png::Decoder::new(BufReader::new(File::open(path).ok()?));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().ok()?;
    let mut bytes = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut bytes).ok()?;
    let pixels = bytes[..info.buffer_size()].chunks_exact(3).map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    Some((info.width as usize, info.height as usize, pixels))
}

/// How much two small pictures differ: on average, and where they differ most.
fn difference(one: &Small, other: &Small) -> (f64, f64) {
    let differs = |at: usize| {
        let parts = (0..3).map(|part| f64::from(one.pixels[at][part].abs_diff(other.pixels[at][part])));
        parts.sum::<f64>() / 3.0
    };
    let mut worst = 0.0_f64;
    let mut sum = 0.0;
    for top in (0..one.height).step_by(8) {
        for left in (0..WIDTH).step_by(8) {
            let rows = top..(top + 8).min(one.height);
            let count = rows.len() * 8;
            let square: f64 = rows.flat_map(|row| (left..left + 8).map(move |x| row * WIDTH + x)).map(differs).sum();
            worst = worst.max(square / count as f64);
            sum += square;
        }
    }
    (sum / one.pixels.len() as f64, worst)
}

/// Screens and their names, by the name of their sheet.
type Sheets = BTreeMap<String, Vec<(String, Small)>>;

#[test]
fn every_panel_looks_as_on_the_contact_sheets() {
    let mut sheets = Sheets::new();
    on_every_panel(&fonts(), Look::Drawn, |Seen { name, screen, kind, panel, size, .. }| {
        save(&format!("panel-{name}"), *size, panel.pixels());
        assert!(panel.pixels().chunks_exact(4).all(|pixel| pixel[3] == 255), "{name} is translucent");
        let sheet = sheets.entry(format!("panel-{}", kind.to_lowercase())).or_default();
        sheet.push(((*screen).to_owned(), small(*size, panel.pixels())));
    });
    compare(&sheets);
}

#[test]
fn every_display_looks_as_on_the_contact_sheets() {
    let mut sheets = Sheets::new();
    on_every_display(&fonts(), Look::Drawn, |screen, kind, display| {
        save(&format!("display-{screen}-{kind}"), display.size(), display.pixels());
        let sheet = sheets.entry(format!("display-{}", kind.to_lowercase())).or_default();
        sheet.push((screen.to_owned(), small(display.size(), display.pixels())));
    });
    compare(&sheets);
}

/// Compares screens with the sheets of `docs/screens`, or writes those.
fn compare(sheets: &Sheets) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/screens");
    let is_writing = std::env::var_os("HUISCLOS_SHEETS").is_some();
    let mut found = Vec::new();
    for (name, screens) in sheets {
        let path = folder.join(format!("{name}.png"));
        if is_writing {
            write(&path, &sheet(screens));
            continue;
        }
        let Some((width, _, pixels)) = read(&path) else {
            found.push(format!("{} cannot be read", path.display()));
            continue;
        };
        for (number, (screen, now)) in screens.iter().enumerate() {
            let (x, y) = place(number, now.height);
            let row = |row: usize| pixels.get((y + row) * width + x..(y + row) * width + x + WIDTH);
            let rows: Option<Vec<_>> = (0..now.height).map(row).collect();
            let Some(rows) = rows else {
                found.push(format!("{screen} is not on {name}"));
                continue;
            };
            let (mean, worst) = difference(now, &Small { height: now.height, pixels: rows.concat() });
            if mean > MEAN_MAX || worst > SQUARE_MAX {
                found.push(format!("{screen} on {name} differs by {mean:.1}, and by {worst:.0} in one place"));
            }
        }
    }
    let first = found[..found.len().min(30)].join("\n");
    assert!(found.is_empty(), "{} differ; look at them, then write the sheets anew (see above):\n{first}", found.len());
}

#[test]
fn a_moved_button_is_noticed_and_smoothing_is_not() {
    let ground = |x: usize| if (40..80).contains(&x) { [200; 3] } else { [20; 3] };
    let small = |from: usize, change: u8| {
        let pixels = (0..WIDTH * 40).map(|at| ground((at % WIDTH + from) % WIDTH).map(|part| part + change)).collect();
        Small { height: 40, pixels }
    };
    let (mean, worst) = difference(&small(0, 0), &small(0, 3));
    assert!(mean <= MEAN_MAX && worst <= SQUARE_MAX);
    let (mean, worst) = difference(&small(0, 0), &small(6, 0));
    assert!(mean > MEAN_MAX || worst > SQUARE_MAX);
}

#[test]
fn no_screen_is_hidden_by_another_of_the_same_name() {
    let names: Vec<String> = every_view(Language::French).into_iter().map(|(name, _)| name).collect();
    let twice = names.iter().enumerate().filter(|(index, name)| names[..*index].contains(name));
    assert_eq!(twice.collect::<Vec<_>>(), []);
}
