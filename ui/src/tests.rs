//! Promises of the screens, tried in every language.

mod acceptance;
mod asides;
mod before;
mod examples;
mod others;
mod phrases;
mod pictures;
mod reading;
mod screens;
mod sheets;
mod touches;
