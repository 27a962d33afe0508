//! Texts, places in them, and reports about them.

use std::error::Error;
use std::fmt;

/// The largest text that is parsed, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// The most mistakes that are shown at once.
const MOST_SHOWN: usize = 100;
/// The most characters of a line that a report shows.
const LONG_LINE: usize = 160;

/// A text with a name to report it by.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
}

/// The number of a source within its [`Sources`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceId(u32);

/// A range of bytes in a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A place for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// All sources that were parsed together.
#[derive(Clone, Debug, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a text, without the byte order mark that some editors begin it with. `name` is what reports call it,
    /// such as a file's path.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> SourceId {
        let id = SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        let text = text.into();
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        self.0.push(Source { name: name.into(), text });
        id
    }

    /// The name of a source.
    pub fn name(&self, id: SourceId) -> &str {
        self.get(id).map_or("", |source| &source.name)
    }

    /// The text of a source.
    pub fn text(&self, id: SourceId) -> &str {
        self.get(id).map_or("", |source| &source.text)
    }

    /// Where a span begins.
    pub fn position(&self, span: Span) -> Position {
        let before = self.text(span.source).get(..span.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Position { line: before.matches('\n').count() + 1, column }
    }

    fn get(&self, id: SourceId) -> Option<&Source> {
        self.0.get(usize::try_from(id.0).ok()?)
    }

    /// Refuses a text that is larger than a schema may be.
    pub(crate) fn check_size(&self, id: SourceId) -> Result<(), Diagnostic> {
        let bytes = self.text(id).len();
        if bytes <= MAX_BYTES {
            return Ok(());
        }
        let start = Span { source: id, start: 0, end: 0 };
        Err(Diagnostic::new(start, format!("{bytes} bytes, but a schema may have {MAX_BYTES}")))
    }

    /// A diagnostic as people read it: a head `file:line:column: message`, the line with carets below the wrong
    /// token, and the hint.
    pub fn render(&self, diagnostic: &Diagnostic) -> String {
        let span = diagnostic.span;
        let Position { line, column } = self.position(span);
        let mut report = format!("{}:{line}:{column}: {}", self.name(span.source), diagnostic.message);
        if let Some(text) = self.text(span.source).lines().nth(line - 1) {
            // Of a long line, such as a whole schema, only the part around the token is shown.
            let is_long = text.chars().count() > LONG_LINE;
            let skipped = if is_long { (column - 1).saturating_sub(LONG_LINE / 2) } else { 0 };
            let shown = text.chars().skip(skipped).take(LONG_LINE);
            // A tab would put the carets in the wrong place.
            let shown: String = shown.map(|c| if c == '\t' { ' ' } else { c }).collect();
            let indent = column - 1 - skipped;
            let token = self.text(span.source).get(span.start..span.end).unwrap_or_default();
            let room = shown.chars().count().saturating_sub(indent);
            let carets = token.chars().take_while(|c| *c != '\n').count().min(room).max(1);
            report.push_str(&format!("\n  | {shown}\n  | {}{}", " ".repeat(indent), "^".repeat(carets)));
        }
        if let Some(hint) = &diagnostic.hint {
            report.push_str(&format!("\n  = {hint}"));
        }
        report
    }
}

/// One mistake: where it is, what it is, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The wrong token.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A mistake at `span`.
    pub fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), hint: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// All mistakes of a pass, in the order of their places, with the sources that they point into.
#[derive(Clone, Debug)]
pub struct Diagnostics {
    sources: Sources,
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Mistakes in `sources`.
    pub fn new(sources: Sources, mut list: Vec<Diagnostic>) -> Self {
        list.sort_by_key(|diagnostic| diagnostic.span);
        list.dedup();
        Self { sources, list }
    }

    /// The mistakes.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// The mistakes as people read them.
    pub fn rendered(&self) -> impl Iterator<Item = String> + '_ {
        self.list.iter().map(|diagnostic| self.sources.render(diagnostic))
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, report) in self.rendered().take(MOST_SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}{report}")?;
        }
        match self.list.len().checked_sub(MOST_SHOWN) {
            Some(more @ 1..) => write!(f, "\n... and {more} more mistakes"),
            _ => Ok(()),
        }
    }
}

impl Error for Diagnostics {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_the_place_the_line_with_carets_and_the_hint() {
        let mut sources = Sources::default();
        let source = sources.add("a.avsc", "{\n\t\"ö\": \"strin\"\n}");
        let span = Span { source, start: 9, end: 16 };
        let report =
            sources.render(&Diagnostic::new(span, "unknown type `strin`").hint("did you mean `string`?"));
        assert_eq!(
            report,
            "a.avsc:2:7: unknown type `strin`\n  |  \"ö\": \"strin\"\n  |       ^^^^^^^\n  = did you mean `string`?"
        );
    }

    #[test]
    fn a_span_over_several_lines_or_at_the_end_is_marked_on_its_first_line() {
        let mut sources = Sources::default();
        let source = sources.add("a.avsc", "[\n]");
        let over = sources.render(&Diagnostic::new(Span { source, start: 0, end: 3 }, "x"));
        assert_eq!(over, "a.avsc:1:1: x\n  | [\n  | ^");
        let end = sources.render(&Diagnostic::new(Span { source, start: 3, end: 3 }, "x"));
        assert_eq!(end, "a.avsc:2:2: x\n  | ]\n  |  ^");
    }
}
