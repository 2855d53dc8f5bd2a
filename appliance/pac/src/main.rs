//! `huisclos-pac`: the daemon's, to run a script that names proxies. It reads a question and writes an answer.

use std::io::{self, stdin, stdout};
use std::net::IpAddr;
use std::rc::Rc;

use pac::{Question, Resolved, Resolver, Said, answer, confine, read, say};

/// Has the daemon look names up.
struct Asks;

impl Resolver for Asks {
    fn resolve(&self, name: &str) -> Vec<IpAddr> {
        let asked = say(&Said::Resolve(name.to_owned()), stdout());
        let resolved = asked.and_then(|()| read::<Resolved>(stdin().lock()));
        resolved.map(|resolved| resolved.addresses).unwrap_or_default()
    }
}

fn main() -> io::Result<()> {
    // Before anything is read.
    confine()?;
    let question: Question = read(stdin().lock())?;
    say(&answer(&question, Rc::new(Asks)), stdout())
}
