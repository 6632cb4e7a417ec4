//! The forms of a figure in a file.

use std::path::Path;

/// What a figure in a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FigureFormat {
    /// For screens, and for who goes on to draw in it.
    Svg,
    /// For papers.
    Pdf,
}

impl FigureFormat {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Svg, Self::Pdf];

    /// How the names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Pdf => "pdf",
        }
    }

    /// The one that the name of a file tells.
    pub fn of(path: &Path) -> Option<Self> {
        let end = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.extension() == end)
    }
}
