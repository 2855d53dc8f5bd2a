//! The program as the daemon runs it: what it may still do when the script is read, and what it may not.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// What it answers to this body of a script; `more` are further lines that it may read.
fn run(body: &str, more: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_huisclos-pac"))
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let question = json!({
        "script": format!("function FindProxyForURL(url, host) {{ {body} }}"),
        "url": "https://visio.example:443/",
        "host": "visio.example",
        "my_addresses": ["198.51.100.7"],
        "now_s": 1_796_048_220,
        "utc_offset_s": 3600,
    });
    // Who was stopped does not read to the end.
    let _ = write!(child.stdin.take().unwrap(), "{question}\n{more}");
    child.wait_with_output().unwrap()
}

fn says(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_script_is_answered_and_asks_for_names() {
    let output = run("return 'PROXY ' + dnsResolve(host) + ':3128';", "{\"addresses\": [\"192.0.2.10\"]}\n");
    assert!(output.status.success());
    assert_eq!(says(&output), [json!({"resolve": "visio.example"}), json!({"answer": "PROXY 192.0.2.10:3128"})]);
    // Dates, patterns and much of the rest of the language work where nothing can be opened any more.
    let body = "new Date().toString(); JSON.parse('[1]'); return /o+/.exec(host)[0] + Math.random().toString().length;";
    assert!(says(&run(body, ""))[0]["answer"].as_str().unwrap().starts_with('o'));
}

#[test]
fn a_script_that_takes_too_much_says_so_or_is_stopped() {
    for body in ["for (;;);", "var a = []; for (;;) a.push('' + Math.random());", "/(a*)*b/.test('a'.repeat(50));"] {
        let started = std::time::Instant::now();
        let output = run(body, "");
        let said = says(&output);
        assert!(said.iter().all(|said| said.get("answer").is_none_or(|answer| answer == "")), "{body}: {said:?}");
        assert!(started.elapsed() < std::time::Duration::from_secs(20), "{body}");
    }
}

#[test]
fn what_is_no_question_gets_no_answer() {
    let mut child =
        Command::new(env!("CARGO_BIN_EXE_huisclos-pac")).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
    child.as_mut().unwrap().stdin.take().unwrap().write_all(b"{}\n").unwrap();
    assert!(!child.unwrap().wait().unwrap().success());
}

/// Says to this program that it is to try what must not be.
const TRIES: &str = "HUISCLOS_PAC_TRIES";

#[test]
fn nothing_can_be_opened_started_or_reached_any_more() {
    use std::os::unix::process::ExitStatusExt;

    const SIGSYS: i32 = 31;
    let name = "nothing_can_be_opened_started_or_reached_any_more";
    if let Ok(what) = std::env::var(TRIES) {
        pac::confine().unwrap();
        match what.as_str() {
            "file" => drop(std::fs::read("/etc/hostname")),
            "process" => drop(Command::new("/bin/true").status()),
            "network" => drop(std::net::UdpSocket::bind("127.0.0.1:0")),
            _ => drop(std::fs::remove_file("/tmp/huisclos-nothing")),
        }
        return;
    }
    for what in ["file", "process", "network", "removal"] {
        let tries = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name, "--test-threads", "1"])
            .env(TRIES, what)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(tries.signal(), Some(SIGSYS), "{what}");
    }
}
