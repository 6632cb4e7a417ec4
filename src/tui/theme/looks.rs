//! What meanings look like: the one table.

use ratatui::style::{Color, Modifier, Style};

use super::{Colours, Role};

/// Ink and ground of the theme of high contrast, which does not rely on those of the terminal.
pub(super) const INK: Color = Color::Indexed(231);
pub(super) const GROUND: Color = Color::Indexed(16);

const PLAIN: Style = Style::new();
const BOLD: Modifier = Modifier::BOLD;

/// Text in a colour of the palette of 256.
const fn ink(index: u8) -> Style {
    PLAIN.fg(Color::Indexed(index))
}

/// The same on a ground.
const fn on(ground: u8, index: u8) -> Style {
    PLAIN.fg(Color::Indexed(index)).bg(Color::Indexed(ground))
}

/// Text in a colour that the user's palette defines.
const fn named(colour: Color) -> Style {
    PLAIN.fg(colour)
}

/// The style of a meaning. What differs from other text without colours differs in each column; the rest has a glyph or a word.
pub(super) fn style(colours: Colours, role: Role) -> Style {
    let dim = PLAIN.add_modifier(Modifier::DIM);
    let bold = PLAIN.add_modifier(BOLD);
    let reversed = PLAIN.add_modifier(Modifier::REVERSED);
    let underlined = PLAIN.add_modifier(Modifier::UNDERLINED);
    let white_on_blue = PLAIN.bg(Color::Blue).fg(Color::White).add_modifier(BOLD);
    let black_on = |ground: Color| PLAIN.fg(Color::Black).bg(ground);
    let strong = |style: Style| style.add_modifier(BOLD);
    // In the order of `Colours`: none, sixteen, dark, light, high contrast.
    let row = match role {
        Role::Text => [PLAIN, PLAIN, PLAIN, PLAIN, on(16, 231)],
        Role::Dim => [dim, dim, ink(245), ink(242), ink(252)],
        Role::Border => [dim, dim, ink(240), ink(249), ink(250)],
        Role::Accent | Role::BorderFocused => [PLAIN, named(Color::Cyan), ink(38), ink(25), strong(ink(226))],
        Role::Title => [bold, bold, bold, bold, strong(ink(231))],
        Role::Running => [PLAIN, named(Color::Cyan), ink(39), ink(26), strong(ink(51))],
        Role::Good => [PLAIN, named(Color::Green), ink(71), ink(28), strong(ink(46))],
        Role::Bad => [PLAIN, named(Color::Red), ink(167), ink(160), strong(ink(210))],
        Role::Warn | Role::Paused => [PLAIN, named(Color::Yellow), ink(178), ink(94), strong(ink(220))],
        Role::Selected => [reversed, white_on_blue, on(24, 255), on(153, 16), strong(on(226, 16))],
        Role::SelectedElsewhere => [bold, bold, on(238, 255), on(254, 16), underlined.patch(on(237, 231))],
        Role::Match => [underlined, black_on(Color::Yellow), on(179, 16), on(222, 16), on(51, 16)],
        Role::CurrentMatch => [reversed, black_on(Color::Cyan), on(81, 16), on(75, 16), strong(on(213, 16))],
    };
    let at = match colours {
        Colours::None => 0,
        Colours::Ansi => 1,
        Colours::Dark => 2,
        Colours::Light => 3,
        Colours::Contrast => 4,
    };
    row[at]
}

/// Inks of the series of figures: blue, orange, green, purple, light blue, vermilion, grey and yellow, as far as a ground lets
/// letters in them be read.
const SERIES_ON_DARK: [u8; 8] = [75, 214, 36, 175, 117, 208, 247, 227];
const SERIES_ON_LIGHT: [u8; 8] = [26, 130, 29, 126, 24, 124, 240, 58];
const SERIES_ON_BLACK: [u8; 8] = [75, 214, 42, 219, 123, 209, 250, 227];
const SERIES_NAMED: [Color; 8] =
    [Color::Blue, Color::Yellow, Color::Green, Color::Magenta, Color::Cyan, Color::Red, Color::Reset, Color::Reset];

/// What a series of a figure looks like, the first one being 0. Letters and shades tell series apart where colours do not.
pub(super) fn series(colours: Colours, at: usize) -> Style {
    let of = |inks: [u8; 8]| ink(inks[at % inks.len()]);
    match colours {
        Colours::None => PLAIN,
        Colours::Ansi => match SERIES_NAMED[at % SERIES_NAMED.len()] {
            Color::Reset => PLAIN,
            colour => named(colour),
        },
        Colours::Dark => of(SERIES_ON_DARK),
        Colours::Light => of(SERIES_ON_LIGHT),
        Colours::Contrast => of(SERIES_ON_BLACK),
    }
}

/// Grounds of shaded numbers, from low to high, and the ink that is read on each: from violet to yellow, in steps of lightness, so
/// that who sees no colours sees the order. On a light ground the lowest is the lightest.
const ON_DARK: [(u8, u8); 7] = [(53, 255), (60, 255), (24, 255), (30, 255), (71, 16), (113, 16), (220, 16)];
const ON_LIGHT: [(u8, u8); 7] = [(230, 16), (229, 16), (150, 16), (79, 16), (37, 16), (24, 255), (54, 255)];

/// What a number looks like that is this part of the largest one.
pub(super) fn shade(colours: Colours, part: f64) -> Option<Style> {
    let shades = match colours {
        Colours::None | Colours::Ansi => return None,
        Colours::Dark | Colours::Contrast => ON_DARK,
        Colours::Light => ON_LIGHT,
    };
    let at = ((part * shades.len() as f64) as usize).min(shades.len() - 1);
    let (ground, ink) = shades.get(at).copied()?;
    Some(on(ground, ink))
}
