//! One mistake: a file that is wrong, and what is said of it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::rust;

pub(crate) struct Case {
    /// The name of the file, without what follows the dot.
    pub(crate) name: String,
    kind: Kind,
    source: String,
    said: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Avsc,
    Toml,
    Rust,
}

impl Case {
    /// The cases of a folder.
    pub(crate) fn all(folder: &Path) -> Vec<Self> {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.filter_map(|file| Self::read(&file)).collect()
    }

    fn read(file: &Path) -> Option<Self> {
        let kind = match file.extension()?.to_str()? {
            "avsc" => Kind::Avsc,
            "toml" => Kind::Toml,
            "rs" => Kind::Rust,
            _ => return None,
        };
        let name = file.file_stem()?.to_str()?.to_owned();
        let text = |path: &Path| {
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        Some(Self { name, kind, source: text(file), said: text(&file.with_extension("stderr")) })
    }

    pub(crate) fn is_toml(&self) -> bool {
        self.kind == Kind::Toml
    }

    /// The name as words.
    pub(crate) fn title(&self) -> String {
        if let Some(name) = self.name.strip_prefix("toml_") {
            return format!("streams.toml: {}", name.replace('_', " "));
        }
        let words = self.name.replace("on_unknown", "on unknown").replace('_', " ");
        let words = words.replace("json", "JSON").replace("rust", "Rust").replace("send", "`Send`");
        let words = words.replace("on unknown", "`on_unknown`").replace("async", "`async`");
        let (first, rest) = words.split_at(words.len().min(1));
        first.to_uppercase() + rest
    }

    /// The anchor that renderers of Markdown give to the title.
    pub(crate) fn anchor(&self) -> String {
        let stays = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | '_' | '-');
        self.title().to_lowercase().chars().filter(stays).collect::<String>().replace(' ', "-")
    }

    pub(crate) fn section(&self) -> String {
        let mut section = format!("\n#### {}\n", self.title());
        let (language, source, said) = match self.kind {
            Kind::Avsc => ("json", self.source.clone(), self.said.replace("case.avsc:", "lamp.avsc:")),
            Kind::Toml => ("toml", self.source.clone(), self.said.clone()),
            Kind::Rust => {
                writeln!(section, "\n{}", rust::description(&self.source)).unwrap();
                ("rust", rust::shortened(&self.source, &self.said), rust::own_words(&self.said, &self.name))
            }
        };
        let source = cut(source.trim_end());
        if !source.is_empty() {
            write!(section, "\n```{language}\n{source}\n```\n").unwrap();
        }
        write!(section, "\n```text\n{}\n```\n", cut(said.trim_end())).unwrap();
        section
    }
}

/// The text without the ends of lines that no page is wide enough for.
fn cut(text: &str) -> String {
    const WIDTH: usize = 200;
    let cut = |line: &str| match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{} ...", line.get(..end).unwrap_or_default()),
        None => line.to_owned(),
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}
