//! "did you mean".

/// The candidate that differs from `word` by a typo or two, if there is one. Case does not matter. A word of one or two
/// letters is a typo of everything that is as short.
pub(crate) fn similar<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = match word.len() {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    };
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, candidate)| candidate)
}

/// ` (did you mean X?)`, or nothing.
pub(crate) fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    similar(word, candidates).map_or_else(String::new, |found| format!(" (did you mean {found}?)"))
}

/// Levenshtein's distance over bytes, ignoring ASCII case.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.bytes().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        let mut next = vec![left];
        for (above, to) in row.iter().skip(1).zip(b.bytes()) {
            let same = from.eq_ignore_ascii_case(&to);
            left = (diagonal + usize::from(!same)).min(above + 1).min(left + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_similar_and_other_words_are_not() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(similar("snapy", ["gzip", "snappy"]), Some("snappy"));
        assert_eq!(similar("OPTS", ["ACKS"]), None);
        assert_eq!(similar("2", ["0", "1", "all"]), None);
        assert_eq!(similar("al", ["0", "1", "all"]), None);
        assert_eq!(similar("al1", ["0", "1", "all"]), Some("all"));
    }
}
