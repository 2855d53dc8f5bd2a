//! The guest's page: a person, or a test, sits in the meeting from a browser with the official client.
