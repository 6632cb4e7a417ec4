//! The modules that a Python script imports, by its text alone. Pure.
//!
//! `import` and `from` are keywords, so wherever one stands outside of comments and strings there is a statement of that name; the
//! one exception, `raise … from` and `yield from`, has no `import` behind it. So words are told from strings and nothing is parsed
//! besides.
//!
//! The awkward truth: what a script imports by calling a function, or through another module of its own, is not seen.

use std::iter::Peekable;
use std::str::CharIndices;

/// One module, or a name out of one, that is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    /// Its whole name, such as `gem5.utils.multiprocessing.Process`.
    pub name: String,
    /// The line, counted from one.
    pub line: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    Sign(char),
    /// The end of a line that is the end of a statement.
    End,
}

/// All that `text` imports, in its order.
pub(super) fn imports(text: &str) -> Vec<Import> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (at, (token, line)) in tokens.iter().enumerate() {
        if *token != Token::Word("import".to_owned()) {
            continue;
        }
        let module = module_before(&tokens[..at]);
        for name in names_behind(&tokens[at + 1..]) {
            let name = module.as_ref().map_or_else(|| name.clone(), |module| format!("{module}.{name}"));
            found.push(Import { name, line: *line });
        }
    }
    found
}

/// The module between a `from` and the `import` that these tokens stand before.
fn module_before(tokens: &[(Token, usize)]) -> Option<String> {
    let is_part = |token: &Token| match token {
        Token::Word(word) => word != "from",
        Token::Sign(sign) => *sign == '.',
        Token::End => false,
    };
    let start = tokens.iter().rposition(|(token, _)| !is_part(token))?;
    (tokens[start].0 == Token::Word("from".to_owned())).then(|| {
        let parts = tokens[start + 1..].iter().map(|(token, _)| match token {
            Token::Word(word) => word.clone(),
            Token::Sign(_) | Token::End => ".".to_owned(),
        });
        parts.collect()
    })
}

/// The names behind an `import`, without what they are called in the script.
fn names_behind(tokens: &[(Token, usize)]) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut is_renamed = false;
    for (token, _) in tokens {
        match token {
            Token::Word(word) if word == "as" => is_renamed = true,
            Token::Word(word) if !is_renamed => names.last_mut().expect("one is there").push_str(word),
            Token::Word(_) | Token::Sign('(') => {}
            Token::Sign('.') => names.last_mut().expect("one is there").push('.'),
            Token::Sign('*') => names.last_mut().expect("one is there").push('*'),
            Token::Sign(',') => {
                names.push(String::new());
                is_renamed = false;
            }
            Token::Sign(_) | Token::End => break,
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut tokens = Vec::new();
    let mut chars = text.char_indices().peekable();
    let (mut line, mut depth) = (1_usize, 0_usize);
    while let Some((at, c)) = chars.next() {
        match c {
            '#' => while chars.next_if(|(_, c)| *c != '\n').is_some() {},
            '\n' => {
                line += 1;
                if depth == 0 {
                    tokens.push((Token::End, line));
                }
            }
            // The line goes on.
            '\\' => {
                chars.next_if(|(_, c)| *c == '\r');
                line += usize::from(chars.next_if(|(_, c)| *c == '\n').is_some());
            }
            '\'' | '"' => line += skip_string(c, &mut chars),
            _ if c.is_alphabetic() || c == '_' => {
                let mut end = at + c.len_utf8();
                while let Some((at, c)) = chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_') {
                    end = at + c.len_utf8();
                }
                let word = &text[at..end];
                // What stands before a quote says how the string is read, and no prefix ends a string otherwise.
                let is_prefix = word.len() <= 2 && chars.peek().is_some_and(|(_, c)| matches!(c, '\'' | '"'));
                if !is_prefix {
                    tokens.push((Token::Word(word.to_owned()), line));
                }
            }
            _ if c.is_whitespace() => {}
            _ => {
                match c {
                    '(' | '[' | '{' => depth += 1,
                    ')' | ']' | '}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                tokens.push((Token::Sign(c), line));
            }
        }
    }
    tokens
}

/// Skips the rest of a string that began with `quote`. Says over how many lines.
fn skip_string(quote: char, chars: &mut Peekable<CharIndices<'_>>) -> usize {
    let is_next = |chars: &mut Peekable<CharIndices<'_>>| chars.next_if(|(_, c)| *c == quote).is_some();
    let is_long = if !is_next(chars) {
        false
    } else if is_next(chars) {
        true
    } else {
        // An empty one.
        return 0;
    };
    let (mut lines, mut quotes) = (0, 0);
    while let Some((_, c)) = chars.next() {
        quotes = if c == quote { quotes + 1 } else { 0 };
        if (!is_long && quotes == 1) || quotes == 3 {
            break;
        }
        match c {
            // Whatever is behind it ends no string, also where it is read as it is.
            '\\' => lines += usize::from(chars.next().is_some_and(|(_, c)| c == '\n')),
            '\n' => {
                lines += 1;
                // Python refuses it; what follows is code to somebody who is in the middle of an edit.
                if !is_long {
                    break;
                }
            }
            _ => {}
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        imports(text).into_iter().map(|Import { name, line }| format!("{line} {name}")).collect()
    }

    #[test]
    fn every_form_of_an_import_is_found_with_its_line() {
        for (text, expected) in [
            ("import gem5.utils.multiprocessing", &["1 gem5.utils.multiprocessing"][..]),
            ("import os, a.b as c ,sys\n", &["1 os", "1 a.b", "1 sys"]),
            ("\n\nfrom a.b import c as d, e # f, g\n", &["3 a.b.c", "3 a.b.e"]),
            ("from a import (\n  b, # import x\n  c as d,\n)\nimport e", &["1 a.b", "1 a.c", "5 e"]),
            ("from a.b \\\n  import \\\r\n  c\nimport d", &["2 a.b.c", "4 d"]),
            ("from a import *", &["1 a.*"]),
            ("from . import a\nfrom ..b import c\nfrom .import d", &["1 ..a", "2 ..b.c", "3 ..d"]),
            ("try: import a\nexcept ImportError: import b; import c", &["1 a", "2 b", "2 c"]),
            ("def f():\n\tfrom a import b\n", &["2 a.b"]),
            ("if x:\r\n    import a\r\nimport b\r\n", &["2 a", "3 b"]),
            ("f(x)(); from a import b", &["1 a.b"]),
            ("import a . b", &["1 a.b"]),
        ] {
            assert_eq!(found(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_stands_in_comments_and_strings_is_no_import() {
        for text in [
            "# import a\n#from a import b",
            "\"\"\"\nimport a\n\"\"\"",
            "'''\nfrom a import b\n''' # import c",
            "x = 'import a'",
            "x = 'it\\'s\\\\'; y = \"import a\"",
            r"x = r'\'; import a'",
            "x = rb\"\"\"import a \"\" ' ''' \\\"\"\" import b\"\"\"",
            "x = f'{y!r} import a'",
            "x = ''; y = \"\"; z = ''''import a'''",
            "x = 'one \\\nimport a'",
            "def f():\n  '''Use:\n\n  >>> import a\n  '''\n",
            "important = reimport + imports",
            "x = [\n'import a',\n\"from b import c\"]",
            "raise X from y",
            "yield from y",
            "",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text:?}");
        }
    }

    #[test]
    fn code_behind_strings_is_seen() {
        for text in [
            "x = '''a'b''' ; import a",
            "x = 'a\\'' ; import a",
            "x = '' ; import a",
            "x = '\\\\' ; import a",
            "x = \"'\" ; import a",
            "x = u'#' ; import a",
            "x = f\"{d['k']}\" ; import a",
        ] {
            assert_eq!(found(text), ["1 a"], "{text:?}");
        }
        assert_eq!(found("x = '''\n\n\\\n'''\nimport a"), ["5 a"]);
        assert_eq!(found("x = 'never closed\nimport a"), ["2 a"]);
    }

    #[test]
    fn no_text_makes_it_panic() {
        for text in [
            "import",
            "from",
            "from import",
            "import ,,.(",
            "\\",
            "'",
            "'''",
            "\"\\",
            "from a import (",
            "é'ü",
            "))import a",
        ] {
            _ = imports(text);
        }
    }
}
