//! Logging: to standard error, for journald. `HUISCLOS_LOG` filters, `info` by default.

use tracing_subscriber::EnvFilter;

/// Starts logging, once, in a binary's `main`.
pub fn start() {
    // Dependencies speak of addresses and tokens below WARN; the room's log must not.
    let filter = EnvFilter::try_from_env("HUISCLOS_LOG").unwrap_or_else(|_| {
        EnvFilter::new(
            "warn,appliance=info,meeting=info,media=info,hal=info,room=info,str0m=error,rustls_platform_verifier=off",
        )
    });
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .init();
}
