/// Of how many mistakes the names that are meant are looked for: each takes a look at all there are.
pub(crate) const MOST_SUGGESTIONS: usize = 100;

/// The candidate that `word` is most likely a misspelling of, if any is close: at most two in five letters differ.
///
/// ```
/// assert_eq!(cq_events_schema::did_you_mean("strin", ["string", "int"]), Some("string"));
/// assert_eq!(cq_events_schema::did_you_mean("colour", ["string", "int"]), None);
/// ```
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            distance * 5 <= candidate.chars().count().max(word.chars().count()) * 2
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// Edit distance, letter case aside.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, letter) in left.to_lowercase().chars().enumerate() {
        let mut next = vec![index + 1];
        for ((other, above), diagonal) in right.iter().zip(row.iter().skip(1)).zip(&row) {
            let before = next.last().copied().unwrap_or_default();
            next.push((before + 1).min(above + 1).min(diagonal + usize::from(*other != letter)));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
