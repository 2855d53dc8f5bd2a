//! The script itself: what it finds around it, and how much of the machine it may take.

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;

use jiff::Timestamp;
use jiff::tz::Offset;
use rquickjs::function::Func;
use rquickjs::{CatchResultExt, Context, Ctx, Function, Runtime};
use rustix::time::{ClockId, clock_gettime};

use crate::calendar::{self, Now};
use crate::{Question, Resolver, words};

/// Of memory the script may take so much, its engine included.
const MEMORY_BYTES_MAX: usize = 32 << 20;
const STACK_BYTES_MAX: usize = 256 << 10;
/// Of the processor so much, in milliseconds.
const PROCESSOR_MS_MAX: i64 = 2_000;
/// Of what it says about an error no more is told.
const ERROR_CHARS_MAX: usize = 200;
/// Answers are shorter.
const ANSWER_BYTES_MAX: usize = 16 << 10;

/// The functions by the names that scripts know. Whatever they are given is text, as it always was.
const AROUND: &str = r#"
"use strict";
var isPlainHostName = function (host) { return __isPlainHostName(String(host)); };
var dnsDomainIs = function (host, domain) { return __dnsDomainIs(String(host), String(domain)); };
var localHostOrDomainIs = function (host, name) { return __localHostOrDomainIs(String(host), String(name)); };
var dnsDomainLevels = function (host) { return __dnsDomainLevels(String(host)); };
var dnsResolve = function (host) { var found = __resolve(String(host)); return found === "" ? null : found; };
var isResolvable = function (host) { return dnsResolve(host) !== null; };
var myIpAddress = function () { return __myIpAddress(); };
var isInNet = function (host, pattern, mask) { return __isInNet(String(host), String(pattern), String(mask)); };
var shExpMatch = function (text, pattern) { return __shExpMatch(String(text), String(pattern)); };
var weekdayRange = function () { return __weekdayRange(Array.prototype.map.call(arguments, String)); };
var dateRange = function () { return __dateRange(Array.prototype.map.call(arguments, String)); };
var timeRange = function () { return __timeRange(Array.prototype.map.call(arguments, String)); };
var alert = function () {};
"#;

/// Runs the script of a question.
///
/// # Errors
/// What it says itself when it fails, or which of its limits it has reached.
pub fn run(question: &Question, resolver: Rc<dyn Resolver>) -> Result<String, String> {
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    runtime.set_memory_limit(MEMORY_BYTES_MAX);
    runtime.set_max_stack_size(STACK_BYTES_MAX);
    let too_late = processor_ms() + PROCESSOR_MS_MAX;
    let is_late = Rc::new(Cell::new(false));
    let late = is_late.clone();
    runtime.set_interrupt_handler(Some(Box::new(move || {
        late.set(late.get() || processor_ms() > too_late);
        late.get()
    })));
    let context = Context::full(&runtime).map_err(|error| error.to_string())?;
    let answered = context.with(|ctx| {
        let answered = around(&ctx, question, resolver)
            .and_then(|()| ctx.eval::<(), _>(AROUND))
            .and_then(|()| ctx.eval::<(), _>(question.script.as_str()))
            .and_then(|()| ctx.globals().get::<_, Function>("FindProxyForURL"))
            .and_then(|find| find.call((question.url.as_str(), question.host.as_str())))
            .map(|answer: Option<String>| answer.unwrap_or_default());
        answered.catch(&ctx).map_err(|error| error.to_string())
    });
    match answered {
        Err(_) if is_late.get() => Err("it takes too long".into()),
        Err(error) => Err(error.lines().next().unwrap_or_default().chars().take(ERROR_CHARS_MAX).collect()),
        Ok(answer) if answer.len() > ANSWER_BYTES_MAX => Err("it says too much".into()),
        Ok(answer) => Ok(answer),
    }
}

/// Asks for the time once, of the engine and of the kernel: what they look up for it they look up then, and never again.
pub fn know_the_time() {
    processor_ms();
    let asked = Runtime::new()
        .and_then(|runtime| Context::full(&runtime)?.with(|ctx| ctx.eval::<i32, _>("new Date(0).getTimezoneOffset()")));
    // Without it scripts have Greenwich's.
    drop(asked);
}

/// Of this process, so far.
fn processor_ms() -> i64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
}

fn around(ctx: &Ctx<'_>, question: &Question, resolver: Rc<dyn Resolver>) -> rquickjs::Result<()> {
    let now = now(question);
    let of_host = {
        let resolver = resolver.clone();
        move |host: &str| -> Option<IpAddr> {
            let literal = host.trim_matches(['[', ']']).parse().ok();
            // Scripts know addresses of four numbers only.
            literal.or_else(|| resolver.resolve(host).into_iter().find(IpAddr::is_ipv4))
        }
    };
    let resolve = of_host.clone();
    let own = question.my_addresses.iter().find(|address| address.is_ipv4()).or(question.my_addresses.first());
    let own = own.map_or_else(|| "127.0.0.1".to_owned(), ToString::to_string);
    let globals = ctx.globals();
    globals.set("__isPlainHostName", Func::from(|host: String| words::is_plain_host_name(&host)))?;
    globals.set("__dnsDomainIs", Func::from(|host: String, domain: String| words::dns_domain_is(&host, &domain)))?;
    let is_local = |host: String, name: String| words::local_host_or_domain_is(&host, &name);
    globals.set("__localHostOrDomainIs", Func::from(is_local))?;
    globals.set("__dnsDomainLevels", Func::from(|host: String| words::dns_domain_levels(&host)))?;
    let resolve = move |host: String| resolve(&host).map_or_else(String::new, |address| address.to_string());
    globals.set("__resolve", Func::from(resolve))?;
    globals.set("__myIpAddress", Func::from(move || own.clone()))?;
    let is_in_net = move |host: String, pattern: String, mask: String| {
        of_host(&host).is_some_and(|address| words::is_in_net(address, &pattern, &mask))
    };
    globals.set("__isInNet", Func::from(is_in_net))?;
    globals.set("__shExpMatch", Func::from(|text: String, pattern: String| words::sh_exp_match(&text, &pattern)))?;
    globals.set("__weekdayRange", Func::from(move |all: Vec<String>| calendar::weekday_range(&all, now)))?;
    globals.set("__dateRange", Func::from(move |all: Vec<String>| calendar::date_range(&all, now)))?;
    globals.set("__timeRange", Func::from(move |all: Vec<String>| calendar::time_range(&all, now)))
}

fn now(question: &Question) -> Now {
    let at = Timestamp::from_second(question.now_s).unwrap_or(Timestamp::UNIX_EPOCH);
    let offset = Offset::from_seconds(question.utc_offset_s).unwrap_or(Offset::UTC);
    Now { local: offset.to_datetime(at), utc: Offset::UTC.to_datetime(at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Knows;

    impl Resolver for Knows {
        fn resolve(&self, name: &str) -> Vec<IpAddr> {
            match name {
                "visio.example" => vec!["2001:db8::1".parse().unwrap(), "192.0.2.10".parse().unwrap()],
                _ => Vec::new(),
            }
        }
    }

    fn returns(body: &str) -> Result<String, String> {
        let question = Question {
            script: format!("function FindProxyForURL(url, host) {{ {body} }}"),
            url: "https://visio.example:443/".into(),
            host: "visio.example".into(),
            my_addresses: vec!["2001:db8::2".parse().unwrap(), "198.51.100.7".parse().unwrap()],
            // Monday, 30 November 2026, 15:17 in Paris.
            now_s: 1_796_048_220,
            utc_offset_s: 3600,
        };
        run(&question, Rc::new(Knows))
    }

    #[test]
    fn every_function_that_scripts_know_is_there() {
        for (is, what) in [
            ("isPlainHostName('www')", "true"),
            ("dnsDomainIs(host, '.example')", "true"),
            ("localHostOrDomainIs('visio', 'visio.example')", "true"),
            ("isResolvable(host)", "true"),
            ("isResolvable('nobody.example')", "false"),
            ("dnsResolve(host)", "192.0.2.10"),
            ("dnsResolve('nobody.example')", "null"),
            ("isInNet(host, '192.0.2.0', '255.255.255.0')", "true"),
            ("isInNet('198.51.100.7', '192.0.2.0', '255.255.255.0')", "false"),
            ("isInNet('nobody.example', '0.0.0.0', '0.0.0.0')", "false"),
            ("myIpAddress()", "198.51.100.7"),
            ("dnsDomainLevels(host)", "1"),
            ("shExpMatch(url, 'https://*.example:443/')", "true"),
            ("weekdayRange('MON', 'FRI')", "true"),
            ("dateRange(30, 'NOV', 2026, 1, 'DEC', 2026)", "true"),
            ("timeRange(15)", "true"),
            ("timeRange(14, 'GMT')", "true"),
            ("host + ' ' + url", "visio.example https://visio.example:443/"),
            ("alert('x')", "undefined"),
            ("/^v[a-z]+\\./.test(host) && JSON.stringify([1]) === '[1]' && new Date(0).getTime() === 0", "true"),
        ] {
            assert_eq!(returns(&format!("return String({is});")).as_deref(), Ok(what), "{is}");
        }
        assert_eq!(returns("return null;").as_deref(), Ok(""));
        assert_eq!(returns("").as_deref(), Ok(""));
    }

    #[test]
    fn what_fails_says_why_in_a_line() {
        assert!(returns("throw new Error('closed on Mondays');").unwrap_err().contains("closed on Mondays"));
        assert!(returns("return unknown();").unwrap_err().contains("unknown"));
        assert!(returns("return {};").is_err() && returns("}").is_err());
        assert!(returns("return require('fs');").is_err() && returns("return std.open('/etc/passwd');").is_err());
    }

    #[test]
    fn nothing_takes_more_than_its_share() {
        assert_eq!(returns("for (;;);").unwrap_err(), "it takes too long");
        assert_eq!(returns("try { for (;;); } catch (e) { return 'DIRECT'; }").unwrap_err(), "it takes too long");
        assert!(returns("var a = []; for (;;) a.push('' + Math.random());").is_err());
        assert!(returns("function f() { return f() + 1; } return f();").is_err());
        assert_eq!(returns("return 'a'.repeat(20000);").unwrap_err(), "it says too much");
    }
}
