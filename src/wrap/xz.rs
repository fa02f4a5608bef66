//! xz (The .xz File Format 1.1.0), as Python's `lzma` module writes it.
//!
//! Read by hand: what is decompressed serves as the dictionary as well, so that nothing is reserved for
//! the size that a header announces.

use sha2::{Digest, Sha256};

use super::{room, too_large};
use crate::codec::{DecodeError, Limits};

mod lzma;

/// The wrapper's name.
pub const NAME: &str = "xz";

const MAGIC: &[u8] = b"\xfd7zXZ\0";
/// The stream's header, and its footer.
const HEADER: usize = 12;
/// The only filter that everyday writers use.
const LZMA2: u64 = 0x21;

/// Whether it begins like a stream.
pub fn is_stream(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// Decompresses the whole, which is one stream.
pub fn open(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let fault = |at: usize, why: &str| DecodeError::new(NAME, at, why);
    let room = room(bytes.len(), limits);
    let header =
        bytes.get(..HEADER).filter(|_| is_stream(bytes)).ok_or_else(|| fault(0, "it is not a stream"))?;
    let check =
        Check::of(header[7]).filter(|_| header[6] == 0).ok_or_else(|| fault(6, "an unknown check"))?;
    let mut plain = Vec::new();
    let mut at = HEADER;
    // A zero where the size of a header would be begins the index.
    while *bytes.get(at).ok_or_else(|| fault(bytes.len(), "unexpected end"))? != 0 {
        let data = block_header(bytes, at)?;
        let begin = plain.len();
        let end = lzma::decompress(bytes, data, &mut plain, room)
            .map_err(|stop| stop.map_or_else(|| too_large(NAME, room), |(at, why)| fault(at, why)))?;
        let padded = end + (4 - (end - data) % 4) % 4;
        let written =
            bytes.get(padded..padded + check.length()).ok_or_else(|| fault(bytes.len(), "unexpected end"))?;
        if !check.fits(&plain[begin..], written) {
            return Err(fault(padded, "the check is wrong"));
        }
        at = padded + check.length();
    }
    let index = at;
    let footer = bytes.len().checked_sub(HEADER).filter(|footer| *footer > index && bytes.ends_with(b"YZ"));
    let footer = footer.ok_or_else(|| fault(index, "unexpected end"))?;
    let back: [u8; 4] = [bytes[footer + 4], bytes[footer + 5], bytes[footer + 6], bytes[footer + 7]];
    // The footer says how long the index is, in units of four bytes less one.
    if (u64::from(u32::from_le_bytes(back)) + 1) * 4 != (footer - index) as u64 {
        return Err(fault(footer, "something follows the stream"));
    }
    Ok(plain)
}

/// Where a block's data begin: after the header that begins at `at`.
fn block_header(bytes: &[u8], at: usize) -> Result<usize, DecodeError> {
    let fault = |why: &str| DecodeError::new(NAME, at, why);
    let end = at + (usize::from(bytes[at]) + 1) * 4;
    let header = bytes.get(at..end).ok_or_else(|| fault("unexpected end"))?;
    let (content, written) = header.split_at(header.len() - 4);
    if crc32fast::hash(content).to_le_bytes() != written {
        return Err(fault("the block's header is damaged"));
    }
    let flags = content[1];
    let mut rest = &content[2..];
    let mut number = || variable(&mut rest).ok_or_else(|| fault("a length in the block's header has no end"));
    for present in [0x40, 0x80] {
        if flags & present != 0 {
            number()?;
        }
    }
    if flags & 0x3f != 0 || number()? != LZMA2 || number()? != 1 {
        return Err(fault("another filter than LZMA2"));
    }
    Ok(end)
}

/// A number of seven bits a byte, the lowest first.
fn variable(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for at in 0..9 {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// What is written after a block to tell whether it was damaged.
#[derive(Clone, Copy)]
enum Check {
    None,
    Crc32,
    Crc64,
    Sha256,
}

impl Check {
    fn of(id: u8) -> Option<Check> {
        match id {
            0 => Some(Check::None),
            1 => Some(Check::Crc32),
            4 => Some(Check::Crc64),
            10 => Some(Check::Sha256),
            _ => None,
        }
    }

    fn length(self) -> usize {
        match self {
            Check::None => 0,
            Check::Crc32 => 4,
            Check::Crc64 => 8,
            Check::Sha256 => 32,
        }
    }

    fn fits(self, plain: &[u8], written: &[u8]) -> bool {
        match self {
            Check::None => true,
            Check::Crc32 => crc32fast::hash(plain).to_le_bytes() == written,
            Check::Crc64 => crc64(plain).to_le_bytes() == written,
            Check::Sha256 => Sha256::digest(plain)[..] == *written,
        }
    }
}

fn crc64(bytes: &[u8]) -> u64 {
    /// For each byte what it makes of the reflected CRC.
    const TABLE: [u64; 256] = {
        let mut table = [0; 256];
        let mut byte = 0;
        while byte < 256 {
            let mut crc = byte as u64;
            let mut bit = 0;
            while bit < 8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xc96c_5795_d787_0f42 } else { crc >> 1 };
                bit += 1;
            }
            table[byte] = crc;
            byte += 1;
        }
        table
    };
    let step = |crc: u64, byte: &u8| TABLE[usize::from(crc as u8 ^ byte)] ^ crc >> 8;
    !bytes.iter().fold(u64::MAX, step)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use base64::Engine as _;

    use super::*;

    /// `lzma.compress` of Python 3.13 over the text below: preset and check as named, in base64.
    const STREAMS: &[(&str, &str)] = &[
        (
            "crc64",
            "/Td6WFoAAATm1rRGAgAhARQAAAD/5+wJ4DsaBk5dAD2Iimb0VD2KdsCXgg8/pjJIPjXj+3YnyhsDQQt0XoTQA5omGGTPtHJB2+yi1bHGpugHdZVj2LV/2N7lrGR9Uwfc518vuOtJ8MdO+u+PIN52Ak7LvNgdNhhapx20cTLq9aAVHEAuxBMoH6HXc7hRZIN8391nJEPzwKE8BNDDfkEOdb4HRlj8zY3rsfdDt1ixw4Ha4cSaysxFAi/8XFo6jxedyTt+QiDwFFHibCme1Fxx6RuWpo2P0wi79JmaDOVNIl/H4y/OL/DCpoOcrND9bIrlQnRF68M9JDT3JRKLgIFqwk76eUHNUIaY4NSU/w3F9UryUESS6lPllJ2yLIbpLfk/N8LZw1powlSW+S1t8AzKd7UJtsbflpfjtfvGnFSIat2ZEZoVp1TLtJFQCxjaISo2Xp9Mkc4eHgFKiQm3saQoJUIwy8Z8T/rjs0rUnxMxY6LFFVh7Ci9cjoPgJVr+DddrVhDi54mdL+hTN+GSTqwpu7aF9lWCJ0NZmEv+nc+rODIW7njKzzN0p1uPzQtTygJkJNhd97k/4Qz8RxXIVWbm/sWcrvshzqMG5le824HHWrbKQQqUCn8zMgMZx5qWEQS4WwS+6IOhlyOcJ+X2pXduLsp063DVMRYUON+JBITQrTDTFhx9BCaxvstx8cJWp/ZxrTm55C+2exkLVGkgS6wDFx6L1XFR2HfDcp6ahj4/88yDR/MAOZbCGKCQiLUAA9HwPrWfAKsLN+HOxkzxyZqD1fTsPCr/35+ldYY9N8pyP2cV9xzcIj2OQk97beBYIjnzQXyBOOmLT5a6kMW/d6tA+9D0edtRRCkDFskrHUwUbbRsrflGfc571Tmw9NyPjFPTx5dI1FI3Mc1c3vpd8cswPSnHGTAh21e9weJweZOohB3OrWpc8bn9i09Hz+61b27cjfIahT02Nonuibbe8VxS3+FYMCt67qpCZRAmh54Bs5UOKjbyIc08V43nWcV5+E8IK2Ks0jIl8IyxIGt0vZz08e29Dgcgxbl2EFwG7fMwwTgvuYO2mkSL6RW/UxY7+eXgyRZSD1HkoZGtI3BJqaChpCB4dgcrXiObsVci/UgnofVv1fHCti1gmUrzYJ2XVBc7At9JyVkE/kNaCTbicyfvP3hzQMcnBsK/x8+kwYXIQ7YVrbwrXdeFGz1KMWDTx0i2gUhFq4N9UWY12Vz2XkMK5ssRmAYqCy7DwT8h0Fv6vJDcCQTLUU97pZCKN3iG7EHF7qTpi0IOnrPoVzLUNjRgEIUccK7xOsmXl67XnQdB8D7QQzc1rcCZcsINEfWHIZ0wEUHh8+OKvhpxzniJvD/sGYi6IUZH2f8fUPoOTk8QybbTusKQyjCK5i98t5wB627zEB2rIesH2yt8PJ2rMq8PDjxfzTFJB0ViIDxv0yvAi0oDmSRtinfTEqAt+hq6Qq4fKprw4xbBVVrPM7wATdbQCueJZCBxTKJOnhSBhyrOtoc4iusl3RdOlEwOUrSr/2d6cYhthQnGPWNuITl+bZA05sO02hUb31Bi0taauMliA+dR9aoNK4YzhVu6Phxhcldf+3wk+4f4vAXijd1cN6DyoWyVZ/kQ3J9qPnyl3KUn8xV/T97WEJGGkX3B948WxW3fhBSWD1NF3zxDFc5evAF/7HLEQYacuCPVIp3JU/W1TGQ2+rESADxFrfbl3NUncm9jyrj+lAsy9B6A5wpkcZ5z2vuuseGYojtDW8vSDv/of+USwCGxthcbjaoYfdcQY8xv+3NsL8e2tVmHICpTgZgXaG8ZjSOhgO4Z8n84c7it4b6Vq11V5fwZ1GLRYN6eK/VKsx36p0mWJnI4n2vVYfjsLpRMv6WmexZryPt316pZM43VlqBwW4/7IL3D2bIpbJRfQXxEO/SzF78jBnZQblel4ZRg9Oj8SoG2FTUWG43kyXdNP6nPPy3w4Afp1kJ+x1AhxaDwd0uX3XRJ2TqbmYqPdMd2Io9x0+X45olfSDZ1smzTafGVoQdhVo5TvENJur04OHO/d0u/+JXmbkc9NgZ6bbL2hxZrh01BFiYYTD4P7R9U9oukEfZ6fzYgWqdfn0M/J5qvizJD77IxDsONFk2SKXi/pA8SGGwSAhy/sriTw/pp9sb2oYHWOKuKuEt1YD0NPw1aZUd5ts08QNp9AAAAAO/XlihsO7vGAAHqDJt2AAB/c0eLscRn+wIAAAAABFla",
        ),
        (
            "crc32",
            "/Td6WFoAAAFpIt42AgAhARwAAAAQz1jM4DsaBohdAD2Iimb0VD2KdsCXgg8/pjJIPjXj+3YnyhsDQQt0XoTQA5omGGTPtHJB2+yi1bHGpugHdZVj2LV/2N7lrGR9Uwfc518vuOtJ8MdO+u+PIN52Ak7LvNgdNhhapx20cTLq9aAVHEAuxBMoH6HXc7hRZIN8391nJEPzwKE+43jyt8LLtpKSpW63NH/XV3Ij7pDhhzU4XrURq3831YrRXILIXFOY7VB9RVaJn4BQ4e8cz/TwHiTSzqdEwDbqripChhdZhwbYVwi/hdrnevmPntBLg9g8e6MRHefi4bGUjCerNMuLM0yG/1gDjrx3iJ5kmDS2Xi7vO1+W8tzqyJ1q4TbQjTXneJyLqJw1rtgV1R9LfWoWcWumy0K39aVl65Zs95aFeRaCl2kuUPrno5Zjn7n72TcdMNHWzZbnWYyjKRLMrTbwZOjk9lao8/XQbzCX4rDt/KAVu9MO22HKwf3wkyqgwoVg6mGoVOm6zqtKeS1zvsWquq3SxK8rQbk7ETJeO8lLBRJtoA9VEQ9K6M0FM7Z+w1nSrvJs3w1k2e73Kx12puDPpCzui1ro46b54XJXMLbwr9dAEiwE7F8uMIzUucjNlnjh/wzdqD2f3BT8CM0pLBICbpwJhobQDLnLp6b842y5FTA4d24zmwj26JXJHRasESNyxOokn4HujffojenOQvFwDKT9nHe0N1OfcAPU5L4jassI3F1BETIllOnveMvsUeTrtDcqpthvpIZfnyKagA2e+M39haxKlIjmnLmVFgfizxJiHU4cPuAMntg8ADiclusw8EGFT0EeEgZd8XaFJeTbS5QFdavH2XkJtQOG8eEd5rBlUiw/UoJPP1oP7z8pXpebnZ+g7btaPaLUDwWAl5IJwKXX/QuEEDlklejuxvUIPSWySVNesV8EDkwSloCam2d2j5JhO5EadpLJn4vJoe+YjOFozkNuBz3vLjEPV2OaUlpbKo3Q4vrSqUJReREh/BLUYzDFWjwa2TQV0On8RdmXct8E8LtPeAe51E0THRSnYC2dOZF1X0+5eYSJ466VhOFVysSZ94yTnVdsrI4/aPh7H5UuxNXMnbxkiduBNlAOudBI7KfO78NVFwnrUEmwVaKfngGwHCkI87H6NAOsih8DDsRGhzQwOcKJ8AU8B8Xs3sl2Y71WA4+/RUr00NYNKMp/ooIGm36yZ2s623thAxp/l5jnGv0GXVJARkTSILHS+lh9Eqnp3To7xRuQSK9iQY6DybmYJ04qJBlTQE2ewl8PQgjangS6AeBWhb/3KPUj7bZmOzSiLgS3Yzm1fQy2UgVuorx8A1GoGqpNuK2VCpcCZIdjBEVdhYMJ4zfB+/0uPS1FJ5W+Sfy0SexhNk5E73v7ggfn8rsFzHfvarNzcBInMN3huGpVOe8kqN7Wr8yiEOuyoDs/78gv19LBE6F3xeFspNBy4ruLuPA8EKxQqzo4o+bwVVWSsw7SvM0A+LNvsiDt4wIgLYLa3Z+Q8IfsfQA4i1u/FRfvtxYhT2rPMrRTra4D/UdGzc+HR7ttGIhWXjJH6KBE1utX6uvlgGc4/H8ealGxuLTsJV+SrrO7YeKQEN93WoF64THwKXlH+NOdIlQwZAtyr7tN3lO0QmqflLZokT6HT+zxG1D+Wo3o35n6oaWN8S0US0cHXB/BEWNSUir3j8k2ZQ9N0j5/efy3WJ76nWZOJYKTotnE6WEHdSXdnEYAm9SrmqSIXE0fTfebyG7xHPrqsAoZcs5c1ayQdPdEcAGllkGhq5gadIfmVTurC8j9fGguwCo/4OzO54kovf7NkmStOFZFnmlBROpL4zKKkSbmf6NqeiNuN8DSAaOmaDq0pn2TU0bXPcHUUNCjuJqNx8qivQzvKb0Agru2VGUwSdpTPGO+tVpu/ePJx/KURLTifdIxihoN98UfrNLbH8eCvwf7zkwLR7UmY2jPI/bpSBd9LELm9OWr0c1f7qiNT3WwIAq9wdEcP5pb2+ZJM+J1oA6mZUZ1IfG3jmj1r5RPP9X5X0+3z0S++VHEAGAj281aoJX3K1z8BmePWjRJy1urtyf/cP3meyeeLhxdIq5EpwGkxS92GGiZl1qJktITmkYOLjoqBncu8fSMNZQugBqE4j6o/s4l9QNuk7C1dt9UHaAGFCvORlt8fCp1lBmwkkOJ2pf/wOf2H1OoC8QEkroPoDX9UGahcyYwOrKuRxKWqTt5957ytyvOi2Cwg0EcQXCU0HcNrlUAPoXB8QABoA2bdgAAxXPkGD4wDYsCAAAAAAFZWg==",
        ),
        (
            "sha256",
            "/Td6WFoAAArh+wyhAgAhAQwAAACPmEGc4DsaBytdAD2Iimb0VD2KdsCXgg8/pjJIPjXj+3YnyhsDQQt0XoTQA5omGGTPtHJB2+yi1bHGpugHdZVj2LV/2N7lrGR9Uwfc518vuOtJ8MdO+u+PIN52Ak7LvNgdNhhapx20cTLq9aAVHEAuxsBkGTg0T364TZpNm8qEkFZpCKOKefla+yYDx3qd16P4EG9KrBhxspLhHs3LPjLKP2HCMYwQhNg/mMtshg3B2n1XmjKRv4e5xvA0h3SFFdWC5KW5pxU2BCLreRaZdOYm5kmn6dEJghSJUsFB0s59l0UZg01bJ0hOweGKxA1vRHFNW/dVWsRjKc3mGKQlg4SM5AjB5iF/DNwTrASMT7lNFXTOiPXVCtC1hUEo6T2yZY5685CeZAl2Cij/y1W0KpQ928IEHNMaHCthVYPq9XaO72NlMF+mbKUFNVfLCTHOoVwTw2ATxJ9JJjn0yvdd117kFu+CC55U3TubGTWR0mDIS7M/JxHUp86vW97YwOFBetFFIKW7+Hh0jT3/d0ABLdMfhEU7rVZxQr4k2wBjjDgOB3vqgmO2QJC87IVz2LY5XFXXbNctQRM+0OTplM3KTw7jnyYxrmPQRWRR2meJ2VfcQQdswKKN7D5jLHJG/7NvsIKDFJI7XB4leZ+LN2K7EZxtrgaKQrhzzZJGzKpohW/q/6GQ4Awa6rj1Mv5uKeID+RBUkfuQzycycTV/IbupN8Qr/WvACRRJUUzAvWDeeE4bTTcUnBmAYxKYW7yYkzrDklzDPdr1VhLC2bjcOBHA4OTsw4ye/5FDtYOkcBSQF7PMlNMh1ujEwoUI5jcqezrXGebaz3kZ5hleGl15xGz4Dz/I0cMrgeQS7sN4jBIdTY+NwAZ9blnoFi0RmJKo6Vt43SftqAMEhqVSLsaZ+b/fGhsPJ+FDj2stHN5g/Iw/bi+KQhTMgl9yMCkXu46Q8tpCC1qA5YWOx91czYGNG3ydOKHKQ7KpHz6dnC7aGJjdybKnuseUgI/Dh05KltU7ttqIt4aHXhnWl1Iklch4ft0rcaQ/2VBHyCGIGOqU/BiRAK4eiykRT+2tKq7NO1rWk/kYU51RHAle9zys6m5KK67dD7kBAwCD9At4lUyAbMTjItVmnAM7Ib6lpzLTs79DpXCXq/95ozCI9s2AKgOr2NlhqXVjmRdsHqUMqkft0vChkc9X5vKKNvkn5//UEBWHWJy94l1WF4WiblclIQ1X+IashMI3oWL4UzNQ10Q8Ln8x3JKwIIG9Cagv7Fnz3ZiIyrp4HW40CYtoohPs//461A1UDXthPaB8vPEiltMIs0+jrr79rde9YPaVPpwePLcbmi1HbagNCo418wUFWRJBv3Ggyjal+XR7TU/wxkYNtH7Qr5nv9d5vhfN9vWsRkemGPVJ/aQWWjHrjmxxRqGC+q61e5js77Pwbmn/UPQJb0d2pCUpD6Bd2wJvDoCcJ0xIaEVEPws9rd5ZUWalKLiiwMY0H8XKgfaNloV/DYzooPMIf2zhmduO7LgMICg1JbzXyM+3itBHQY5dWJCY0JdtAjEymIdSteYzBmTUmVcH6F6rhska5bnUrQKsUSk2ponsZBvQ9bCVkOULJGQfEgVO5FEjBlwCn8ky0FN9llKJ0MCafD34wmeOiH34tcQtdCRglSFrOC8p5YAoVy8NEdCBCqtrWYRuhLKnnnKTtEXhf/Vyh//sSOF05291jALQ5bSSwbeifXhBxuIVAmI+f32lN0wugCXmpr2/3xtXs6+IOT9EQ1TbcbbUfxjkYOcXlGzZRdJLDEZx4xURpd5QGiNVrHZwzSUPK3NsRMl4Af/uFkYEub0LoHmadaZsy2xZodmxO9HzAfs5dYnQ1lX6TG6Ejl4N2Clp8G4liJpMuPrZ270ZZ1KHEXX6DugwzLhEKQRLtVaoF4Ni6Khbw4qC4wu6/g6aHxAIIEQkuTRc9DO+0AH8aGGiVotFUuIor3st4GbVZarvpdUiSlp73ZCYQxWYQJ4Kc5HLorOx6Pm7ObA7BQ/YWgTgW4k3qZcBuuT3wUlMamzmFPguep4uZrm3BG/g1JRbMPPSaQA2EA0dhxGv8Do2e7NYKvj1xJ0dyIuecNQbw+pwvX2TYC0iUMlUik6Av54l9l6acSPyK1E8jxEaVxt6cIT7zrb2+Sg1LNiXhMtTk6K9P//z32W+gfPszr2Uvxf3tXmIGrkfOU+XNIh/q0mLWGzJ7zxMFPnliCY4vMmrezdwkXL/GSAxcPej2JWa8PkbJj2J1N2ABhQkPzYaYpX+C+iIYXt8pebiLvm92G7/89QtcYiruPXXQihGOdkIdfYgV0bFAOOX7+k3/nfNESSsa7bLDwtQaKdPz65dBTahJoFhOdAg//HC1fOh0IjepSFVHb8LeBBbew5CKtHuxITCkOKl+EZhmjVq0NmGLrsVDglcYzbOezoCY5IbEQ7EnUMUr8A3ZHfEL++wAAAB4vDCD45N0PYJ3lrYenPhzfMH48FfCdq90j1sVffSh3wAB3w6bdgAAAbYwpbbp3xwCAAAAAApZWg==",
        ),
        (
            "none",
            "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+Wj4DsaBohdAD2Iimb0VD2KdsCXgg8/pjJIPjXj+3YnyhsDQQt0XoTQA5omGGTPtHJB2+yi1bHGpugHdZVj2LV/2N7lrGR9Uwfc518vuOtJ8MdO+u+PIN52Ak7LvNgdNhhapx20cTLq9aAVHEAuxBMoH6HXc7hRZIN8391nJEPzwKE+43jyt8LLtpKSpW63NH/XV3Ij7pDhhzU4XrURq3831YrRXILIXFOY7VB9RVaJn4BQ4e8cz/TwHiTSzqdEwDbqripChhdZhwbYVwi/hdrnevmPntBLg9g8e6MRHefi4bGUjCerNMuLM0yG/1gDjrx3iJ5kmDS2Xi7vO1+W8tzqyJ1q4TbQjTXneJyLqJw1rtgV1R9LfWoWcWumy0K39aVl65Zs95aFeRaCl2kuUPrno5Zjn7n72TcdMNHWzZbnWYyjKRLMrTbwZOjk9lao8/XQbzCX4rDt/KAVu9MO22HKwf3wkyqgwoVg6mGoVOm6zqtKeS1zvsWquq3SxK8rQbk7ETJeO8lLBRJtoA9VEQ9K6M0FM7Z+w1nSrvJs3w1k2e73Kx12puDPpCzui1ro46b54XJXMLbwr9dAEiwE7F8uMIzUucjNlnjh/wzdqD2f3BT8CM0pLBICbpwJhobQDLnLp6b842y5FTA4d24zmwj26JXJHRasESNyxOokn4HujffojenOQvFwDKT9nHe0N1OfcAPU5L4jassI3F1BETIllOnveMvsUeTrtDcqpthvpIZfnyKagA2e+M39haxKlIjmnLmVFgfizxJiHU4cPuAMntg8ADiclusw8EGFT0EeEgZd8XaFJeTbS5QFdavH2XkJtQOG8eEd5rBlUiw/UoJPP1oP7z8pXpebnZ+g7btaPaLUDwWAl5IJwKXX/QuEEDlklejuxvUIPSWySVNesV8EDkwSloCam2d2j5JhO5EadpLJn4vJoe+YjOFozkNuBz3vLjEPV2OaUlpbKo3Q4vrSqUJReREh/BLUYzDFWjwa2TQV0On8RdmXct8E8LtPeAe51E0THRSnYC2dOZF1X0+5eYSJ466VhOFVysSZ94yTnVdsrI4/aPh7H5UuxNXMnbxkiduBNlAOudBI7KfO78NVFwnrUEmwVaKfngGwHCkI87H6NAOsih8DDsRGhzQwOcKJ8AU8B8Xs3sl2Y71WA4+/RUr00NYNKMp/ooIGm36yZ2s623thAxp/l5jnGv0GXVJARkTSILHS+lh9Eqnp3To7xRuQSK9iQY6DybmYJ04qJBlTQE2ewl8PQgjangS6AeBWhb/3KPUj7bZmOzSiLgS3Yzm1fQy2UgVuorx8A1GoGqpNuK2VCpcCZIdjBEVdhYMJ4zfB+/0uPS1FJ5W+Sfy0SexhNk5E73v7ggfn8rsFzHfvarNzcBInMN3huGpVOe8kqN7Wr8yiEOuyoDs/78gv19LBE6F3xeFspNBy4ruLuPA8EKxQqzo4o+bwVVWSsw7SvM0A+LNvsiDt4wIgLYLa3Z+Q8IfsfQA4i1u/FRfvtxYhT2rPMrRTra4D/UdGzc+HR7ttGIhWXjJH6KBE1utX6uvlgGc4/H8ealGxuLTsJV+SrrO7YeKQEN93WoF64THwKXlH+NOdIlQwZAtyr7tN3lO0QmqflLZokT6HT+zxG1D+Wo3o35n6oaWN8S0US0cHXB/BEWNSUir3j8k2ZQ9N0j5/efy3WJ76nWZOJYKTotnE6WEHdSXdnEYAm9SrmqSIXE0fTfebyG7xHPrqsAoZcs5c1ayQdPdEcAGllkGhq5gadIfmVTurC8j9fGguwCo/4OzO54kovf7NkmStOFZFnmlBROpL4zKKkSbmf6NqeiNuN8DSAaOmaDq0pn2TU0bXPcHUUNCjuJqNx8qivQzvKb0Agru2VGUwSdpTPGO+tVpu/ePJx/KURLTifdIxihoN98UfrNLbH8eCvwf7zkwLR7UmY2jPI/bpSBd9LELm9OWr0c1f7qiNT3WwIAq9wdEcP5pb2+ZJM+J1oA6mZUZ1IfG3jmj1r5RPP9X5X0+3z0S++VHEAGAj281aoJX3K1z8BmePWjRJy1urtyf/cP3meyeeLhxdIq5EpwGkxS92GGiZl1qJktITmkYOLjoqBncu8fSMNZQugBqE4j6o/s4l9QNuk7C1dt9UHaAGFCvORlt8fCp1lBmwkkOJ2pf/wOf2H1OoC8QEkroPoDX9UGahcyYwOrKuRxKWqTt5957ytyvOi2Cwg0EcQXCU0HcNrlUAAAGcDZt2AAATtFxrqAAK/AIAAAAAAFla",
        ),
    ];

    fn plain() -> Vec<u8> {
        let lines: Vec<String> = (0..400)
            .map(|n| format!("{{\"sku\": \"A-{}\", \"qty\": {}, \"n\": {n}}}", n * 7919 % 1000, n % 13))
            .collect();
        lines.join(", ").into_bytes()
    }

    fn stream(base64: &str) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(base64).unwrap()
    }

    #[test]
    fn streams_of_every_check_are_read() {
        for (name, base64) in STREAMS {
            assert!(open(&stream(base64), &Limits::default()).unwrap() == plain(), "{name}");
        }
    }

    #[test]
    fn what_is_cut_or_changed_is_an_error_and_no_panic() {
        for (name, base64) in STREAMS {
            let bytes = stream(base64);
            for end in (0..bytes.len()).step_by(7) {
                assert!(open(&bytes[..end], &Limits::default()).is_err(), "{name}: cut at {end}");
            }
            for at in (0..bytes.len()).step_by(5) {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << (at % 8);
                // The index is not read; a stream without a check may give something else.
                if let Ok(other) = open(&changed, &Limits::default()) {
                    assert!(*name == "none" || other == plain(), "{name}: changed at {at}");
                }
            }
            assert!(open(&[&bytes[..], b"\0"].concat(), &Limits::default()).is_err());
        }
    }

    #[test]
    fn what_expands_too_far_is_refused() {
        let limits = Limits { expanded: 1000, ..Limits::default() };
        let error = open(&stream(STREAMS[0].1), &limits).unwrap_err();
        assert!(error.reason.contains("expands"), "{error}");
    }
}
