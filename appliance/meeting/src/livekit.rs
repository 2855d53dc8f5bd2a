//! The LiveKit client.
