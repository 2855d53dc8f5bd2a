//! Names in a world: a server of A records (RFC 1035) whose answers change, and never live longer than a moment.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::net::UdpSocket;

const TYPE_A: [u8; 2] = [0, 1];
/// QR, AA, RD, RA.
const ANSWER: u16 = 0x8580;
const NAME_UNKNOWN: u16 = 3;

type Records = Arc<Mutex<HashMap<String, Vec<Ipv4Addr>>>>;

/// The names there are.
pub struct Names(Records);

impl Names {
    pub async fn serve(address: Ipv4Addr) -> Names {
        let records = Records::default();
        let socket = UdpSocket::bind((address, 53)).await.unwrap();
        let known = records.clone();
        tokio::spawn(async move {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query).await {
                if let Some(answer) = answer(&query[..length], &known) {
                    let _ = socket.send_to(&answer, from).await;
                }
            }
        });
        Names(records)
    }

    /// What a name stands for from now on, in this order.
    pub fn set(&self, name: &str, addresses: &[&str]) {
        let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
        self.0.lock().unwrap().insert(name.to_owned(), addresses);
    }
}

fn answer(query: &[u8], records: &Records) -> Option<Vec<u8>> {
    let mut labels = Vec::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let question = query.get(12..at + 4)?;
    let found = records.lock().unwrap().get(&labels.join(".")).cloned();
    let code = if found.is_some() { 0 } else { NAME_UNKNOWN };
    // Of names that are known, other records than A are none.
    let addresses = found.filter(|_| question[question.len() - 4..][..2] == TYPE_A).unwrap_or_default();
    let mut message = query[..2].to_vec();
    for number in [ANSWER | code, 1, addresses.len() as u16, 0, 0] {
        message.extend(number.to_be_bytes());
    }
    message.extend(question);
    for address in addresses {
        // The name as in the question, class IN, no time to live, four bytes.
        message.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
        message.extend(address.octets());
    }
    Some(message)
}
