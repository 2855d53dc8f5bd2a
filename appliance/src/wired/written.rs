//! `[network]` as it is written, before it is known to make sense.

use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    pub interface: Option<String>,
    pub vlan: Option<i64>,
    pub ipv4: Option<WrittenFamily>,
    pub ipv6: Option<WrittenFamily>,
    pub dns: Option<Vec<String>>,
    pub ntp: Option<Vec<String>>,
    pub dot1x: Option<WrittenDot1x>,
    pub wifi: Option<WrittenWifi>,
    pub proxy: Option<WrittenProxy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenDot1x {
    pub identity: String,
    pub certificate: String,
    pub key: String,
    pub authorities: String,
    pub servers: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenWifi {
    pub ssid: String,
    pub country: String,
    pub security: Option<String>,
    pub passphrase_file: Option<String>,
    /// Where it must not be, whatever it is: it is refused without being shown.
    pub passphrase: Option<IgnoredAny>,
    pub dot1x: Option<WrittenDot1x>,
    pub hidden: Option<bool>,
    pub interface: Option<String>,
    pub ipv4: Option<WrittenFamily>,
    pub ipv6: Option<WrittenFamily>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenProxy {
    pub server: Option<String>,
    pub pac: Option<String>,
    pub user: Option<String>,
    pub password_file: Option<PathBuf>,
    pub except: Option<Vec<String>>,
}

/// A word, or addresses.
pub enum WrittenFamily {
    Word(String),
    Fixed(WrittenFixed),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrittenFixed {
    pub addresses: Vec<String>,
    pub gateway: Option<String>,
}

impl<'de> Deserialize<'de> for WrittenFamily {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<WrittenFamily, D::Error> {
        // Serde's own way, `untagged`, would not say what is wrong.
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = WrittenFamily;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a word, or a table with addresses and a gateway")
            }

            fn visit_str<E>(self, word: &str) -> Result<WrittenFamily, E> {
                Ok(WrittenFamily::Word(word.into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WrittenFamily, A::Error> {
                WrittenFixed::deserialize(MapAccessDeserializer::new(map)).map(WrittenFamily::Fixed)
            }
        }
        from.deserialize_any(Either)
    }
}
