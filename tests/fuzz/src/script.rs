//! Fuzzer's bytes read as a script: small numbers and strings of bytes. Reading never fails before the end.

use meeting::io::HttpResponse;

/// What is left of a script.
pub struct Script<'a> {
    rest: &'a [u8],
}

impl<'a> Script<'a> {
    pub fn new(data: &'a [u8]) -> Script<'a> {
        Script { rest: data }
    }

    /// The next byte, until the end.
    pub fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    /// A 16-bit length and so many bytes, or as many as there are.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::from(u16::from_be_bytes([self.byte()?, self.byte()?]));
        let (bytes, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        Some(bytes)
    }

    /// One of these.
    pub fn choose<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::from(self.byte().unwrap_or(0)) % from.len()]
    }

    /// Status, kind of content, how long to wait, body.
    pub fn response(&mut self) -> HttpResponse {
        let status = self.choose(&[200, 201, 400, 401, 403, 404, 429, 500, 502, 301, 0, 999]);
        let kind = self.choose(&["application/json", "application/json; charset=utf-8", "text/html", ""]);
        let wait = self.choose(&["58", "", "-1", "99999999999999999999", "Wed, 21 Oct 2026 07:28:00 GMT"]);
        let body = self.bytes().unwrap_or_default().to_vec();
        let headers = vec![("content-type".into(), kind.into()), ("retry-after".into(), wait.into())];
        HttpResponse { status, headers, body }
    }
}
