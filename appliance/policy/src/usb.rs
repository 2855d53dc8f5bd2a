//! What may be plugged into a classified room over USB.

use std::fmt;

/// What a serial number has at most, in characters.
const SERIAL_LENGTH_MAX: usize = 64;

/// A device that may be plugged in, by what it says of itself: any of this kind, or this very one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbDevice {
    /// `idVendor`.
    pub vendor: u16,
    /// `idProduct`.
    pub product: u16,
    /// `iSerialNumber`; any with `None`.
    pub serial: Option<String>,
}

/// It is not of the form `046d:0943` or `046d:0943:A1B2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a device such as 046d:0943, as lsusb shows it, or 046d:0943:A1B2 with its serial number")]
pub struct UsbError;

impl UsbDevice {
    /// Reads `046d:0943` (vendor and product, four hexadecimal digits each, as `lsusb` shows them), or
    /// `046d:0943:A1B2` (and the serial number: letters, digits, `.`, `_` and `-`).
    ///
    /// # Errors
    /// When it is neither.
    pub fn parse(text: &str) -> Result<UsbDevice, UsbError> {
        let mut parts = text.splitn(3, ':');
        let mut id = || {
            let digits = parts.next().filter(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit()));
            digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()).ok_or(UsbError)
        };
        let (vendor, product) = (id()?, id()?);
        // Nothing that would mean something in a rule for udev.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let is_serial = |text: &&str| (1..=SERIAL_LENGTH_MAX).contains(&text.len()) && text.bytes().all(is_plain);
        let serial = parts.next().map(|serial| Some(serial).filter(is_serial).ok_or(UsbError)).transpose()?;
        Ok(UsbDevice { vendor, product, serial: serial.map(str::to_owned) })
    }

    /// Whether a device that says this of itself is meant.
    pub fn means(&self, vendor: u16, product: u16, serial: Option<&str>) -> bool {
        let is_it = self.serial.as_deref().is_none_or(|wanted| serial == Some(wanted));
        (self.vendor, self.product) == (vendor, product) && is_it
    }
}

impl fmt::Display for UsbDevice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04x}:{:04x}", self.vendor, self.product)?;
        self.serial.iter().try_for_each(|serial| write!(f, ":{serial}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_meant_by_its_kind_or_by_its_serial_number() {
        let kind = UsbDevice::parse("046d:0943").unwrap();
        assert!(kind.means(0x046d, 0x0943, None) && kind.means(0x046d, 0x0943, Some("A1B2")));
        assert!(!kind.means(0x046d, 0x0944, None) && !kind.means(0x046e, 0x0943, None));
        let one = UsbDevice::parse("046D:0943:A1.B-2_c").unwrap();
        assert!(one.means(0x046d, 0x0943, Some("A1.B-2_c")));
        assert!(!one.means(0x046d, 0x0943, Some("a1.b-2_c")) && !one.means(0x046d, 0x0943, None));
        assert_eq!((kind.to_string(), one.to_string()), ("046d:0943".into(), "046d:0943:A1.B-2_c".into()));
    }

    #[test]
    fn what_is_no_device_is_refused() {
        let long = format!("046d:0943:{}", "a".repeat(65));
        for text in ["", "046d", "046d:", "46d:0943", "046d:943", "+46d:0943", "046d:0943:", "046d:0943:a\"", &long] {
            assert_eq!(UsbDevice::parse(text), Err(UsbError), "{text}");
        }
        for text in ["046d:0943:a*", "046d:0943:a b", "046d:0943:a:b", "046d:0943:[a]", "046d:0943:é"] {
            assert_eq!(UsbDevice::parse(text), Err(UsbError), "{text}");
        }
    }
}
