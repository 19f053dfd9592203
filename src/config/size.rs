//! Sizes of memory as people write them: "512MiB".

/// The largest size that a key takes, 1 PiB.
const SIZE_MAX: u64 = 1 << 50;

/// The units by their initials, the largest first.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// The bytes that a text means: a number, with a unit or in bytes. "M" and "MiB" mean the same.
pub(super) fn parse(text: &str) -> Option<u64> {
    let digits = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = (text[..digits].parse::<u64>().ok()?, text[digits..].trim_start());
    let factor = match unit {
        "" | "B" => 1,
        unit => UNITS.iter().find(|(name, _)| unit == *name || unit == &name[..1])?.1,
    };
    number.checked_mul(factor).and_then(limited)
}

/// A number of bytes, if a key takes so many.
pub(super) fn limited(bytes: u64) -> Option<u64> {
    (bytes <= SIZE_MAX).then_some(bytes)
}

/// The text for so many bytes, in the largest unit that leaves no fraction.
pub(super) fn text(bytes: u64) -> String {
    match UNITS.iter().find(|(_, factor)| bytes > 0 && bytes.is_multiple_of(*factor)) {
        Some((name, factor)) => format!("{}{name}", bytes / factor),
        None => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_size_is_a_number_with_a_unit_or_in_bytes() {
        for (text, bytes) in [
            ("0", 0),
            ("7", 7),
            ("7B", 7),
            ("2K", 2048),
            ("2 KiB", 2048),
            ("512MiB", 512 << 20),
            ("1G", 1 << 30),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "MiB", "-1", "1.5GiB", "1MB", "1mib", "1 KiB ", "1048577GiB", "99999999999999999999"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_as_the_same(number in 0..1_u64 << 20, shift in 0..30) {
            let bytes = number << shift;
            prop_assert_eq!(parse(&text(bytes)), Some(bytes));
        }

        #[test]
        fn no_text_breaks_the_parser(text in ".{0,20}") {
            let _ = parse(&text);
        }
    }
}
