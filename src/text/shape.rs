//! What ids and tokens look like.

/// `8-4-4-4-12` lower- or upper-case hex digits.
pub fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether a text is a token as they are sent to servers, which must never be shown: a JSON Web Token
/// of any kind, also behind `Bearer`.
pub fn is_token(text: &str) -> bool {
    let text = text.strip_prefix("Bearer ").unwrap_or(text);
    let mut parts = text.split('.');
    let (Some(header), Some(payload), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let of_token = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'='))
    };
    header.starts_with("eyJ") && of_token(header) && of_token(payload)
}
