//! What a room costs and how well it holds, beside what rooms run today. `cargo xtask bench` builds
//! and starts it.

mod clip;
mod figures;
mod kiosk;
mod load;
mod loss;
mod meeting;
mod others;
mod picture;
mod process;
mod speech;
mod stand;
mod watch;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

#[derive(Parser)]
#[command(name = "huisclos-bench", version, about = "What a room costs, measured")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Measures.
    Bench {
        #[command(subcommand)]
        bench: Bench,
    },
    /// The others in the meeting: started by the benches.
    #[command(hide = true)]
    Load(load::Arguments),
}

#[derive(Subcommand)]
enum Bench {
    /// The room and a Chromium kiosk, one after the other, in the same meeting.
    Meeting(meeting::Arguments),
    /// A room on a bad network, and whom it talks to.
    Loss(loss::Arguments),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_env("HUISCLOS_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match Arguments::parse().what {
        // Whatever was started ends with what holds it; a process killed by a signal would not let go.
        What::Bench { bench } => tokio::select! {
            result = measure(bench) => result,
            signal = demo::stopped() => anyhow::bail!("stopped by {}", signal?),
        },
        What::Load(arguments) => load::run(arguments).await,
    }
}

async fn measure(bench: Bench) -> anyhow::Result<()> {
    match bench {
        Bench::Meeting(arguments) => meeting::run(arguments).await,
        Bench::Loss(arguments) => loss::run(arguments).await,
    }
}
