//! Reads the files and leads them through the passes.

use std::fs;
use std::path::{Path, PathBuf};

use cq_events_schema::{Diagnostic, Diagnostics, Schemas, SourceId, Sources, Span};

use crate::config::{self, Streams};
use crate::model::Model;

/// What came of a generation.
#[derive(Debug)]
pub struct Generated {
    /// The files that were read, or should have been: a change to one of them makes the result stale.
    pub files: Vec<PathBuf>,
    /// The Rust code, or everything that is wrong in the first pass that found mistakes.
    pub code: Result<String, Diagnostics>,
    /// What is allowed and looks like a mistake.
    pub warnings: Diagnostics,
}

/// Generates the Rust code for the streams of a `streams.toml`. Reports name files from the folder `base`.
pub fn generate(streams: &Path, base: &Path) -> Generated {
    let mut reader = Reader::new(base);
    let code = reader.checked(streams).map(|(model, _)| crate::generate::file(&model));
    let warnings = Diagnostics::new(reader.sources, reader.warnings);
    Generated { files: reader.files, code, warnings }
}

/// Reads files, and collects what is wrong in them.
pub(crate) struct Reader<'a> {
    base: &'a Path,
    files: Vec<PathBuf>,
    sources: Sources,
    warnings: Vec<Diagnostic>,
}

impl<'a> Reader<'a> {
    /// Reports name files from the folder `base`.
    pub(crate) fn new(base: &'a Path) -> Self {
        Self { base, files: Vec::new(), sources: Sources::default(), warnings: Vec::new() }
    }

    /// What a `streams.toml` and its schemas ask for, with those: the roots of the streams are the last ones.
    pub(crate) fn checked(&mut self, streams: &Path) -> Result<(Model, Schemas), Diagnostics> {
        let checked = self.run(streams);
        checked.map_err(|mistakes| Diagnostics::new(self.sources.clone(), mistakes)).flatten()
    }

    fn run(&mut self, streams: &Path) -> Result<Result<(Model, Schemas), Diagnostics>, Vec<Diagnostic>> {
        let source = self.read(streams).map_err(|reason| {
            // There is no text to point into, but the report still names the file.
            let source = self.sources.add(self.shown(streams), String::new());
            let span = Span { source, start: 0, end: 0 };
            let hint = "the path given to cq_events_build::compile starts at the package's folder";
            vec![Diagnostic::new(span, format!("cannot read this file: {reason}")).hint(hint)]
        })?;
        let config = config::parse(self.sources.text(source), source)?;
        let folder = streams.parent().unwrap_or(Path::new(""));
        let (shared, own) = self.read_schemas(&config, folder)?;
        let ids: Vec<_> = shared.iter().chain(&own).copied().collect();
        let schemas = match Schemas::parse(self.sources.clone(), &ids) {
            Ok(schemas) => schemas,
            Err(mistakes) => return Ok(Err(mistakes)),
        };
        let mut model = Model::new(&config, &schemas, &shared, &own)?;
        self.warnings = std::mem::take(&mut model.warnings);
        Ok(Ok((model, schemas)))
    }

    /// The sources of the shared files, and that of each stream.
    fn read_schemas(
        &mut self,
        config: &Streams,
        folder: &Path,
    ) -> Result<(Vec<SourceId>, Vec<SourceId>), Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut read = |(path, span): (&str, Span)| match self.read(&folder.join(path)) {
            Ok(source) => Some(source),
            Err(reason) => {
                let hint = format!("paths start at the folder of {}", self.sources.name(span.source));
                errors.push(Diagnostic::new(span, format!("cannot read `{path}`: {reason}")).hint(hint));
                None
            }
        };
        let shared: Vec<_> = config.shared.iter().filter_map(|file| read((&file.value, file.span))).collect();
        let own: Vec<_> = config
            .streams
            .iter()
            .filter_map(|stream| read((&stream.schema.value, stream.schema.span)))
            .collect();
        if errors.is_empty() { Ok((shared, own)) } else { Err(errors) }
    }

    fn read(&mut self, path: &Path) -> Result<SourceId, String> {
        self.files.push(path.to_owned());
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        Ok(self.sources.add(self.shown(path), text))
    }

    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(self.base).unwrap_or(path).display().to_string()
    }
}
