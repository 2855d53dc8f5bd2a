//! What a board file may say.

use hal::board::{Camera, Content, Display, Loudspeaker, Microphone, Power};
use hal::{Board, BoardError, VideoFormat};

fn board(camera: &str, microphone: &str, loudspeaker: &str) -> Result<Board, BoardError> {
    Board::parse(&format!(
        "id = 'test'\nname = 'Test'\n[camera]\n{camera}\n[microphone]\n{microphone}\n[loudspeaker]\n{loudspeaker}\n"
    ))
}

const NONE: &str = "kind = 'none'";

#[test]
fn the_built_in_boards_are_valid() {
    let simulated = Board::simulated();
    assert_eq!(simulated.id, "simulated");
    assert_eq!(simulated.camera, Camera::Simulated(VideoFormat { width: 1280, height: 720, fps: 30 }));
    assert_eq!(simulated.microphones, [Microphone::Tone(440)]);
    assert_eq!(simulated.loudspeaker, Loudspeaker::Simulated(None));
    let format = VideoFormat { width: 1920, height: 1080, fps: 30 };
    assert_eq!(simulated.content, Content::Simulated { format, tone_hz: 660 });
    assert_eq!((simulated.panel.width, simulated.panel.height), (1280, 800));

    let auto = Board::auto();
    assert!(matches!(auto.camera, Camera::V4l2 { path: None, .. }));
    assert_eq!(auto.microphones, [Microphone::Alsa(None)]);
    assert_eq!(auto.loudspeaker, Loudspeaker::Alsa(None));
    assert_eq!(auto.content, Content::V4l2 { path: None, audio: None });
}

#[test]
fn every_board_of_the_house_is_valid_and_called_as_its_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../hardware/boards");
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let board = Board::parse(&std::fs::read_to_string(&path).unwrap());
        let board = board.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(Some(board.id.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
    }
}

#[test]
fn what_is_left_out_has_the_usual_value() {
    let board = board("kind = 'simulated'", "kind = 'simulated'", "kind = 'simulated'").unwrap();
    assert_eq!(board.camera, Camera::Simulated(VideoFormat { width: 1280, height: 720, fps: 30 }));
    assert_eq!(board.microphones, [Microphone::Tone(440)]);
    assert_eq!(board.content, Content::None);
    assert_eq!((board.panel.width, board.panel.height), (1280, 800));
}

#[test]
fn every_kind_is_understood() {
    let board = board(
        "kind = 'v4l2'\npath = '/dev/video3'\nwidth = 1920\nheight = 1080",
        "kind = 'simulated'\nfile = 'a.wav'",
        "kind = 'alsa'\ndevice = 'hw:CARD=Desk'",
    )
    .unwrap();
    let wish = VideoFormat { width: 1920, height: 1080, fps: 30 };
    assert_eq!(board.camera, Camera::V4l2 { path: Some("/dev/video3".into()), wish });
    assert_eq!(board.microphones, [Microphone::Recorded("a.wav".into())]);
    assert_eq!(board.loudspeaker, Loudspeaker::Alsa(Some("hw:CARD=Desk".into())));
}

#[test]
fn a_second_display_is_there_when_the_board_has_one() {
    assert_eq!(Board::simulated().second_display, None);
    let two = board(NONE, NONE, "kind = 'none'\n[second_display]").unwrap();
    assert_eq!(two.second_display, Some(Display::default()));
    let file = board(NONE, NONE, "kind = 'none'\n[second_display]\nfile = '/dev/shm/second'").unwrap();
    assert_eq!(file.second_display, Some(Display { file: Some("/dev/shm/second".into()), ..Display::default() }));
    assert!(board(NONE, NONE, "kind = 'none'\n[second_display]\ncolour = 'red'").is_err());
}

#[test]
fn a_display_at_an_output_sleeps_by_its_output_and_no_other_does() {
    let display = |text: &str| board(NONE, NONE, &format!("kind = 'none'\n[display]\n{text}"));
    let at_output = display("kind = 'kms'\noutput = 'DP-1'\npower = 'dpms'").unwrap().display;
    assert_eq!(at_output.power, Power::Dpms);
    assert!(matches!(display("power = 'dpms'"), Err(BoardError::Without { key: "display.power", .. })));
    let with_cec = display("kind = 'kms'\noutput = 'DP-1'\npower = 'dpms'\ncec = '/dev/cec0'");
    assert!(matches!(with_cec, Err(BoardError::Without { key: "display.cec", .. })));
}

#[test]
fn a_key_that_is_unknown_is_refused_by_name() {
    let unknown = [
        board("kind = 'none'\ncolour = 'red'", NONE, NONE),
        board(NONE, "kind = 'none'\ncolour = 'red'", NONE),
        board(NONE, NONE, "kind = 'none'\ncolour = 'red'"),
        board(NONE, NONE, "kind = 'none'\n[panel]\ncolour = 'red'"),
        board(NONE, NONE, "kind = 'none'\n[colour]\nred = 1"),
    ];
    for board in unknown {
        let error = board.unwrap_err();
        assert!(matches!(error, BoardError::Syntax(_)));
        assert!(error.to_string().contains("unknown field `colour`"), "{error}");
    }
}

#[test]
fn a_key_without_meaning_for_its_kind_is_refused_by_name() {
    let cases = [
        (board("kind = 'auto'\npath = '/dev/video0'", NONE, NONE), "camera.path"),
        (board("kind = 'simulated'\npath = '/dev/video0'", NONE, NONE), "camera.path"),
        (board("kind = 'v4l2'\nfile = 'a.y4m'", NONE, NONE), "camera.file"),
        (board("kind = 'none'\nfile = 'a.y4m'", NONE, NONE), "camera.file"),
        (board(NONE, "kind = 'auto'\ntone_hz = 440", NONE), "microphone.tone_hz"),
        (board(NONE, "kind = 'alsa'\nfile = 'a.wav'", NONE), "microphone.file"),
        (board(NONE, "kind = 'auto'\ndevice = 'hw:0'", NONE), "microphone.device"),
        (board(NONE, NONE, "kind = 'simulated'\ndevice = 'hw:0'"), "loudspeaker.device"),
        (board(NONE, NONE, "kind = 'auto'\nfile = 'a.wav'"), "loudspeaker.file"),
    ];
    for (board, key) in cases {
        let error = board.unwrap_err();
        assert!(matches!(error, BoardError::Meaningless { key: named, .. } if named == key), "{key}: {error}");
    }
    let both = board(NONE, "kind = 'simulated'\nfile = 'a.wav'\ntone_hz = 440", NONE);
    assert!(matches!(both, Err(BoardError::Both(..))));
}

#[test]
fn a_value_out_of_range_is_refused_by_name() {
    let cases = [
        (board("kind = 'simulated'\nwidth = 641", NONE, NONE), "camera.width"),
        (board("kind = 'simulated'\nheight = 0", NONE, NONE), "camera.height"),
        (board("kind = 'auto'\nfps = 0", NONE, NONE), "camera.fps"),
        (board(NONE, "kind = 'simulated'\ntone_hz = 30000", NONE), "microphone.tone_hz"),
        (board(NONE, NONE, "kind = 'none'\n[panel]\nwidth = 10"), "panel.width"),
    ];
    for (board, key) in cases {
        let error = board.unwrap_err();
        assert!(matches!(error, BoardError::OutOfRange { key: named, .. } if named == key), "{key}: {error}");
    }
}

#[test]
fn what_is_missing_or_of_the_wrong_kind_is_refused() {
    assert!(Board::parse("").is_err());
    assert!(Board::parse("id = 'test").is_err());
    assert!(board("kind = 'webcam'", NONE, NONE).is_err());
    assert!(board("kind = 'simulated'\nwidth = -2", NONE, NONE).is_err());
    assert!(board("", NONE, NONE).unwrap_err().to_string().contains("kind"));
}

#[test]
fn a_content_input_may_be_named_and_keys_of_another_kind_are_refused() {
    let content = |text: &str| board(NONE, NONE, &format!("{NONE}\n[content]\n{text}"));
    let named = content("kind = 'v4l2'\npath = '/dev/video4'\naudio = 'hw:CARD=Grabber'").unwrap().content;
    let (path, audio) = (Some("/dev/video4".into()), Some("hw:CARD=Grabber".into()));
    assert_eq!(named, Content::V4l2 { path, audio });
    for meaningless in
        ["kind = 'auto'\npath = '/dev/video4'", "kind = 'simulated'\naudio = 'x'", "kind = 'v4l2'\nwidth = 640"]
    {
        assert!(matches!(content(meaningless), Err(BoardError::Meaningless { .. })), "{meaningless}");
    }
    for wrong in ["kind = 'simulated'\nwidth = 641", "kind = 'simulated'\nfps = 0", "kind = 'simulated'\ntone_hz = 0"] {
        assert!(matches!(content(wrong), Err(BoardError::OutOfRange { .. })), "{wrong}");
    }
}

#[test]
fn a_room_may_have_several_microphones_if_each_is_named() {
    let several = |microphones: &str| {
        Board::parse(&format!(
            "id = 'test'\nname = 'Test'\n{microphones}\n[camera]\n{NONE}\n[loudspeaker]\n{NONE}\n[acoustics]\ndelay_ms = 90\n"
        ))
    };
    let one = |text: &str| format!("[[microphone]]\n{text}\n");
    let board = several(&(one("kind = 'alsa'\ndevice = 'hw:CARD=Left'") + &one("kind = 'simulated'"))).unwrap();
    assert_eq!(board.microphones, [Microphone::Alsa(Some("hw:CARD=Left".into())), Microphone::Tone(440)]);
    assert_eq!(board.acoustics.delay_ms, 90);
    let any = several(&(one("kind = 'auto'") + &one("kind = 'simulated'")));
    assert!(matches!(any, Err(BoardError::AnyOfSeveral)), "it could be the same one twice");
    let five = several(&one("kind = 'simulated'").repeat(5));
    assert!(matches!(five, Err(BoardError::OutOfRange { key: "microphone", value: 5, .. })));
    let unknown = several(&(one("kind = 'none'") + &one("kind = 'none'\ncolour = 'red'"))).unwrap_err();
    assert!(unknown.to_string().contains("unknown field `colour`"), "{unknown}");
}

#[test]
fn acoustics_out_of_range_are_refused_by_name() {
    for (line, key) in [
        ("delay_ms = 5", "acoustics.delay_ms"),
        ("loss_db = -40", "acoustics.loss_db"),
        ("reverberation_ms = 9000", "acoustics.reverberation_ms"),
        ("noise_dbfs = 3", "acoustics.noise_dbfs"),
    ] {
        let error = board(NONE, NONE, &format!("{NONE}\n[acoustics]\n{line}")).unwrap_err();
        assert!(matches!(error, BoardError::OutOfRange { key: named, .. } if named == key), "{key}: {error}");
    }
}

fn fittings(text: &str) -> Result<Board, BoardError> {
    board(NONE, NONE, &format!("kind = 'none'\n{text}"))
}

#[test]
fn screens_buttons_and_the_light_are_as_the_board_says() {
    use hal::board::{Buttons, Power, Pull, Screen, StatusLight};
    let board = fittings(
        "[panel]\nkind = 'kms'\noutput = 'DSI-1'\nwidth = 800\nheight = 480\nrotation = 270\n\
         [display]\nkind = 'kms'\noutput = 'HDMI-A-1'\npower = 'cec'\n\
         [buttons]\nkind = 'keys'\nmicrophone = ['KEY_MICMUTE']\n\
         [mute_button]\nline = 'MUTE'\n\
         [light]\nkind = 'gpio'\nlive = ['GREEN']\nmuted = ['RED']\ntrouble = ['RED', 'GREEN']",
    )
    .unwrap();
    assert_eq!(board.panel.screen, Screen::Output("DSI-1".into()));
    assert_eq!(board.panel.rotation, hal::Rotation::ThreeQuarters);
    assert_eq!(board.display.power, Power::Cec(None));
    let Buttons::Keys(keys) = board.buttons else { panic!("keys") };
    assert_eq!((keys.microphone.len(), keys.volume_up.len()), (1, 1));
    let button = board.mute_button.unwrap();
    assert_eq!((button.active_low, button.pull, button.debounce_ms), (true, Pull::Up, 20));
    let StatusLight::Lines(lines) = board.light else { panic!("lines") };
    assert_eq!(lines.names(), ["GREEN", "RED"]);
    assert_eq!(lines.lit(hal::Light::Trouble), ["RED", "GREEN"]);
    assert!(lines.lit(hal::Light::Idle).is_empty());
}

#[test]
fn fittings_that_make_no_sense_are_refused_with_the_reason() {
    let cases = [
        ("[panel]\nkind = 'kms'", "panel.output"),
        ("[panel]\noutput = 'DSI-1'", "panel.output"),
        ("[panel]\nrotation = 45", "rotation"),
        ("[panel]\ncalibration = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]", "calibration"),
        ("[panel]\ncalibration = [1.0, 0.0, nan, 0.0, 1.0, 0.0]", "calibration"),
        ("[display]\nkind = 'kms'", "display.output"),
        ("[display]\noutput = 'HDMI-A-1'", "display.output"),
        ("[display]\ncec = '/dev/cec0'", "display.cec"),
        ("[panel]\nkind = 'kms'\noutput = 'DSI-1'\n[display]\nkind = 'kms'\noutput = 'DSI-1'", "DSI-1"),
        ("[buttons]\nkind = 'keys'\nmicrophone = ['KEY_OF_THE_ROOM']", "KEY_OF_THE_ROOM"),
        ("[buttons]\nkind = 'keys'\nmicrophone = ['KEY_VOLUMEUP']", "twice"),
        ("[buttons]\nmicrophone = ['KEY_MICMUTE']", "buttons"),
        ("[mute_button]\nline = 'MUTE'\ndebounce_ms = 2000", "debounce_ms"),
        ("[mute_button]\nactive_low = true", "line"),
        ("[light]\nkind = 'gpio'\nlive = ['A', 'B']\nmuted = ['B', 'A']", "the same"),
        ("[light]\nkind = 'gpio'", "the same"),
        ("[light]\nkind = 'simulated'\nlive = ['A']", "light"),
        ("[light]\nkind = 'gpio'\npink = ['A']", "pink"),
        ("[microphone_relay]\nkind = 'gpio'", "microphone_relay.line"),
        ("[microphone_relay]\nkind = 'simulated'\nline = 'A'", "microphone_relay.line"),
        ("[microphone_relay]\nkind = 'none'\nactive_low = true", "microphone_relay.active_low"),
        ("[surroundings]\nkind = 'moon'", "moon"),
    ];
    for (text, reason) in cases {
        let error = fittings(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn a_motion_sensor_is_a_line_or_a_switch_and_one_that_is_not_plugged_in_sees_nobody() {
    use hal::board::{MotionSensor, Pull};
    let sensor = |text: &str| board(NONE, NONE, &format!("kind = 'none'\n[motion_sensor]\n{text}"));
    let line = |text: &str| match sensor(&format!("kind = 'gpio'\nline = 'PIR'\n{text}")).unwrap().motion_sensor {
        MotionSensor::Gpio(line) => (line.active_low, line.pull),
        other => panic!("{other:?}"),
    };
    assert_eq!(line(""), (false, Pull::Down));
    assert_eq!(line("active_low = true"), (true, Pull::Up));
    assert_eq!(line("pull = 'none'"), (false, Pull::None));
    assert_eq!(sensor("kind = 'switch'").unwrap().motion_sensor, MotionSensor::Switch(None));
    assert_eq!(board(NONE, NONE, NONE).unwrap().motion_sensor, MotionSensor::None);
    assert!(matches!(sensor("kind = 'gpio'"), Err(BoardError::Missing { key: "motion_sensor.line", .. })));
    for (text, key) in [
        ("kind = 'switch'\nline = 'PIR'", "motion_sensor.line"),
        ("kind = 'none'\npull = 'up'", "motion_sensor.pull"),
        ("kind = 'gpio'\nline = 'PIR'\ndevice = 'keys'", "motion_sensor.device"),
    ] {
        assert!(matches!(sensor(text), Err(BoardError::Meaningless { key: named, .. }) if named == key), "{key}");
    }
}
