//! `evidence-verifier FILE... --key PUB.pem [--key ...] [--excerpt]`: ends with 0 when everything verifies, 4 when not, and 1
//! when it could not be found out. Without `--excerpt` the beginning has to be there.

use std::process::ExitCode;

use evidence_verifier::verify;

const USAGE: &str = "usage: evidence-verifier FILE... --key PUB.pem [--key PUB.pem] [--excerpt]";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout)] // this is what a person at a terminal reads
fn run() -> Result<ExitCode, String> {
    let (mut files, mut keys, mut is_excerpt) = (Vec::new(), Vec::new(), false);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--key" => keys.push(arguments.next().ok_or(USAGE)?),
            "--excerpt" => is_excerpt = true,
            _ => files.push(argument),
        }
    }
    if files.is_empty() || keys.is_empty() {
        return Err(USAGE.into());
    }
    let cannot = |file: &String| {
        let file = file.clone();
        move |error| format!("cannot read {file}: {error}")
    };
    let mut bytes = Vec::new();
    for file in &files {
        bytes.extend(std::fs::read(file).map_err(cannot(file))?);
    }
    let read = |file: &String| std::fs::read_to_string(file).map_err(cannot(file));
    let pems = keys.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Ok(match verify(&bytes, &pems) {
        Ok(seen) if seen.is_whole || is_excerpt => {
            let beginning = if seen.is_whole { "" } else { "; what was before is not here" };
            println!("records {} to {} verify{beginning}\n{}", seen.first, seen.last, seen.last_sha256);
            ExitCode::SUCCESS
        }
        Ok(seen) => {
            println!("line 1: records before {} are missing", seen.first);
            ExitCode::from(4)
        }
        Err(refused) => {
            println!("line {}: {}", refused.line, refused.why);
            ExitCode::from(4)
        }
    })
}
