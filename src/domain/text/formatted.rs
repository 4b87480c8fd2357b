//! How a client formatted an agent's Markdown (`**two**`, `[it](https://…)`, lists), as plain text for a
//! phone.
//!
//! The client's HTML says which marks meant formatting; the plain body says what was typed. The text is read
//! from the HTML and only taken where it has every character of the body but marks and blanks, in the same
//! order: a client may mean something else by a mark, but never lose or change a letter or a digit.

use ruma_html::{Html, NodeData, NodeRef};

/// No person's message is longer, has more tags, or nests deeper; one that does is sent as typed. An HTML
/// parser reopens every formatting tag wherever a block around it ends: it turns n tags into up to n²/8
/// elements.
const MAX_BYTES: usize = 64 * 1024;
const MAX_TAGS: usize = 400;
const MAX_DEPTH: usize = 60;

/// Characters that a client may turn into formatting, as CommonMark does.
const MARKS: &str = "\\*_~`#>+-=|[]()<!";

/// The text of a message, from its HTML, with people `named`; nothing if that says something else than was
/// `typed`.
pub(super) fn text(html: &str, typed: &str, named: impl Fn(&str) -> String) -> Option<String> {
    if html.len() > MAX_BYTES || html.bytes().filter(|byte| *byte == b'<').count() > MAX_TAGS {
        return None;
    }
    let mut reader = Reader { typed, pieces: Vec::new() };
    for node in Html::parse(html).children() {
        reader.node(&node, 0, false)?;
    }
    let text = named(&Writer::default().write(&reader.pieces));
    significant(&text).eq(significant(typed)).then_some(text)
}

/// What of a text no formatting may change.
fn significant(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace() && !MARKS.contains(*c))
}

/// A piece of what the HTML says, in its order.
enum Piece {
    Text(String),
    /// Words of which every blank counts.
    Code(String),
    /// A formatted passage begins, with the mark it was typed with and the index of where it ends.
    Begin(&'static str, usize),
    /// One ends, which began at this index.
    End(&'static str, usize),
    /// What follows begins on a new line, after this many line ends.
    Lines(usize),
    /// One more line end.
    Break,
    /// What follows has this before its first line, and this indent or mark before the others.
    Enter(String, String),
    Leave,
}

impl Piece {
    fn words(&self) -> Option<&str> {
        match self {
            Self::Text(words) | Self::Code(words) => Some(words),
            _ => None,
        }
    }
}

struct Reader<'a> {
    typed: &'a str,
    pieces: Vec<Piece>,
}

impl Reader<'_> {
    /// Reads a node and all below it; `None` where it is nested too deeply.
    fn node(&mut self, node: &NodeRef, depth: usize, verbatim: bool) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let element = match node.data() {
            NodeData::Text(text) => {
                self.words(&text.borrow(), verbatim);
                return Some(());
            }
            NodeData::Element(element) => element,
            NodeData::Document | NodeData::Other => return Some(()),
        };
        let attribute = |name: &str| {
            let attributes = element.attrs.borrow();
            attributes.iter().find(|a| &*a.name.local == name).map(|a| a.value.to_string())
        };
        match &*element.name.local {
            "mx-reply" => {}
            "br" => self.pieces.push(Piece::Break),
            "hr" => self.block(1, |reader| {
                reader.words("---", true);
                Some(())
            })?,
            "img" => self.words(&attribute("alt").unwrap_or_default(), true),
            "em" | "i" => self.marked("*", |reader| reader.children(node, depth, verbatim))?,
            "strong" | "b" => self.marked("**", |reader| reader.children(node, depth, verbatim))?,
            "del" | "s" | "strike" => self.marked("~~", |reader| reader.children(node, depth, verbatim))?,
            "code" if !verbatim => self.marked("`", |reader| reader.children(node, depth, true))?,
            "a" => {
                self.link(attribute("href").as_deref(), |reader| reader.children(node, depth, verbatim))?;
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => {
                self.block(2, |reader| reader.children(node, depth, verbatim))?;
            }
            "pre" => self.block(2, |reader| reader.children(node, depth, true))?,
            "blockquote" => self
                .entered("> ".to_owned(), "> ".to_owned(), |reader| reader.children(node, depth, verbatim))?,
            "ul" => self.block(1, |reader| reader.items(node, depth, None))?,
            "ol" => {
                let first = attribute("start").and_then(|start| start.parse().ok()).unwrap_or(1);
                self.block(1, |reader| reader.items(node, depth, Some(first)))?;
            }
            "div" | "tr" | "details" | "summary" | "table" => {
                self.block(1, |reader| reader.children(node, depth, verbatim))?;
            }
            "td" | "th" => {
                self.children(node, depth, verbatim)?;
                self.words(" ", true);
            }
            _ => self.children(node, depth, verbatim)?,
        }
        Some(())
    }

    fn children(&mut self, node: &NodeRef, depth: usize, verbatim: bool) -> Option<()> {
        for child in node.children() {
            self.node(&child, depth + 1, verbatim)?;
        }
        Some(())
    }

    /// Words as they are. Outside of code, a line end may be one that was typed, but two in a row are not.
    fn words(&mut self, words: &str, verbatim: bool) {
        for (n, line) in words.split('\n').enumerate() {
            if n > 0 {
                self.pieces.push(if verbatim { Piece::Break } else { Piece::Lines(1) });
            }
            if !line.is_empty() {
                let line = line.to_owned();
                self.pieces.push(if verbatim { Piece::Code(line) } else { Piece::Text(line) });
            }
        }
    }

    fn marked(&mut self, mark: &'static str, below: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let begin = self.pieces.len();
        self.pieces.push(Piece::Begin(mark, begin));
        below(self)?;
        // A rich-text editor formats without any marks having been typed.
        let mark = if self.typed.contains(mark) { mark } else { "" };
        self.pieces[begin] = Piece::Begin(mark, self.pieces.len());
        self.pieces.push(Piece::End(mark, begin));
        Some(())
    }

    fn block(&mut self, before: usize, below: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        self.pieces.push(Piece::Lines(before));
        below(self)?;
        self.pieces.push(Piece::Lines(1));
        Some(())
    }

    fn entered(
        &mut self,
        first: String,
        others: String,
        below: impl FnOnce(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.block(1, |reader| {
            reader.pieces.push(Piece::Enter(first, others));
            below(reader)?;
            reader.pieces.push(Piece::Leave);
            Some(())
        })
    }

    /// The items of a list, numbered from `first`.
    fn items(&mut self, list: &NodeRef, depth: usize, first: Option<u64>) -> Option<()> {
        let begins_with = |mark: &str| self.typed.lines().any(|line| line.trim_start().starts_with(mark));
        // A plus stays one: it may be an amount.
        let bullet = if begins_with("+ ") && !begins_with("- ") && !begins_with("* ") { "+ " } else { "- " };
        let items = list.children().filter(|child| child.as_element().is_some());
        for (n, item) in (0..).zip(items) {
            let mark =
                first.map_or_else(|| bullet.to_owned(), |first| format!("{}. ", first.saturating_add(n)));
            let indent = " ".repeat(mark.len());
            self.entered(mark, indent, |reader| reader.children(&item, depth + 1, false))?;
        }
        Some(())
    }

    /// A link's words, and where it leads unless they say so.
    fn link(&mut self, target: Option<&str>, below: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let begin = self.pieces.len();
        below(self)?;
        let Some(target) = target.filter(|target| super::linked::linked_id(target).is_none()) else {
            return Some(());
        };
        let said: String = self.pieces[begin..].iter().filter_map(Piece::words).collect();
        let bare = |link: &str| {
            let schemes = ["https://", "http://", "mailto:", "tel:"];
            let link = schemes.iter().find_map(|scheme| link.strip_prefix(scheme)).unwrap_or(link);
            link.trim_end_matches('/').to_owned()
        };
        if bare(&said) != bare(target) {
            let target = target.strip_prefix("mailto:").or(target.strip_prefix("tel:")).unwrap_or(target);
            self.words(&format!(" ({target})"), true);
        }
        Some(())
    }
}

/// Puts the pieces together.
#[derive(Default)]
struct Writer {
    text: String,
    /// Line ends before what comes next.
    lines: usize,
    /// The prefix of each line: the mark of the first one until it was written, and that of the others.
    levels: Vec<(Option<String>, String)>,
}

impl Writer {
    fn write(mut self, pieces: &[Piece]) -> String {
        for (at, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Text(words) => self.words(words, false),
                Piece::Code(words) => self.words(words, true),
                Piece::Begin(mark, end) if is_inside_word(pieces, at, *end) => self.words(mark, true),
                Piece::End(mark, begin) if is_inside_word(pieces, *begin, at) => self.words(mark, true),
                Piece::Begin(..) | Piece::End(..) => {}
                Piece::Lines(lines) => self.lines = self.lines.max(*lines),
                Piece::Break => self.lines += 1,
                Piece::Enter(first, others) => self.levels.push((Some(first.clone()), others.clone())),
                Piece::Leave => drop(self.levels.pop()),
            }
        }
        self.text
    }

    fn words(&mut self, words: &str, verbatim: bool) {
        let begins_line = self.text.is_empty() || self.lines > 0;
        // HTML is indented as it pleases.
        let words = if begins_line && !verbatim { words.trim_start() } else { words };
        if words.is_empty() {
            return;
        }
        if !self.text.is_empty() {
            self.text.extend(std::iter::repeat_n('\n', self.lines));
        }
        self.lines = 0;
        if begins_line {
            for (first, others) in &mut self.levels {
                self.text.push_str(&first.take().unwrap_or_else(|| others.clone()));
            }
        }
        self.text.push_str(words);
    }
}

/// Whether a formatted passage begins or ends in the middle of a word, a number, or what one dials, where its
/// marks were hardly meant as such: `5*3*2`, `c**l@x.example`, `*123*#`.
fn is_inside_word(pieces: &[Piece], begin: usize, end: usize) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let before = beside(pieces[..begin].iter().rev(), |text| text.chars().next_back());
    let first = beside(pieces[begin + 1..end].iter(), |text| text.chars().next());
    let last = beside(pieces[begin + 1..end].iter().rev(), |text| text.chars().next_back());
    let after = beside(pieces[end + 1..].iter(), |text| text.chars().next());
    let is_dialled = |inside: Option<char>, beside: Option<char>| {
        inside.is_some_and(|c| c.is_ascii_digit()) && matches!(beside, Some('#' | '*'))
    };
    is_word(before) && is_word(first)
        || is_word(last) && is_word(after)
        || is_dialled(first, before)
        || is_dialled(last, after)
}

/// The character that stands next on the same line.
fn beside<'a>(
    mut pieces: impl Iterator<Item = &'a Piece>,
    next: impl Fn(&str) -> Option<char>,
) -> Option<char> {
    let piece = pieces.find(|piece| !matches!(piece, Piece::Begin(..) | Piece::End(..)))?;
    next(piece.words()?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(html: &str, typed: &str) -> Option<String> {
        super::text(html, typed, str::to_owned)
    }

    #[test]
    fn what_the_client_formatted_reads_as_plain_text() {
        let table = [
            (
                "**two** *copies* of [it](https://x.example)",
                r#"<strong>two</strong> <em>copies</em> of <a href="https://x.example">it</a>"#,
                "two copies of it (https://x.example)",
            ),
            (
                "~~old~~ `code` ***both***",
                "<del>old</del> <code>code</code> <em><strong>both</strong></em>",
                "old code both",
            ),
            (
                "**Note:** (*very*) **\"good\"**!",
                "<strong>Note:</strong> (<em>very</em>) <strong>&quot;good&quot;</strong>!",
                "Note: (very) \"good\"!",
            ),
            ("one\ntwo", "one<br />\ntwo", "one\ntwo"),
            ("one\ntwo", "<p>one\ntwo</p>\n", "one\ntwo"),
            ("one\n\ntwo", "<p>one</p>\n<p>two</p>\n", "one\n\ntwo"),
            (
                "Take:\n- a\n- b\n\nThanks",
                "<p>Take:</p>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n<p>Thanks</p>",
                "Take:\n- a\n- b\n\nThanks",
            ),
            ("* a\n  * b\n* c", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"),
            ("3. c\n4. d", "<ol start=\"3\"><li>c</li><li>d</li></ol>", "3. c\n4. d"),
            ("+ 5", "<ul><li>5</li></ul>", "+ 5"),
            (
                "> said\n> twice\n\nanswer",
                "<blockquote>\n<p>said<br>twice</p>\n</blockquote>\n<p>answer</p>",
                "> said\n> twice\n\nanswer",
            ),
            ("# Title\ntext", "<h1>Title</h1>\n<p>text</p>", "Title\n\ntext"),
            ("```\nlet a = *b;\n  c\n```", "<pre><code>let a = *b;\n  c\n</code></pre>", "let a = *b;\n  c"),
            (
                "see https://x.example/a_b_c",
                r#"see <a href="https://x.example/a_b_c">https://x.example/a_b_c</a>"#,
                "see https://x.example/a_b_c",
            ),
            ("<me@x.example>", r#"<a href="mailto:me@x.example">me@x.example</a>"#, "me@x.example"),
            ("a \\*b\\* c", "a *b* c", "a *b* c"),
            (
                "hi [Bob](https://matrix.to/#/@bob:x)",
                r#"<mx-reply>old</mx-reply>hi <a href="https://matrix.to/#/@bob:x">Bob</a>"#,
                "",
            ),
        ];
        for (typed, html, expected) in table {
            assert_eq!(text(html, typed).unwrap_or_default(), expected, "{typed}");
        }
    }

    #[test]
    fn marks_inside_words_and_numbers_stay() {
        let table = [
            ("5*3*2", "5<em>3</em>2"),
            ("c**l@x.com and d**", "c<strong>l@x.com and d</strong>"),
            ("2*3*4", "2<em>3</em>4"),
            ("*5*3 or 3*5*", "<em>5</em>3 or 3<em>5</em>"),
            ("a`b`c ~~d~~e", "a<code>b</code>c <del>d</del>e"),
            ("x***y***", "x<em><strong>y</strong></em>"),
            ("dial *123*#", "dial <em>123</em>#"),
            ("#*21* or *100*0*", "#<em>21</em> or <em>100</em>0*"),
        ];
        for (typed, html) in table {
            assert_eq!(text(html, typed).as_deref(), Some(typed));
        }
        // An editor without marks: none was typed.
        assert_eq!(text("un<em>do</em>", "undo").as_deref(), Some("undo"));
    }

    #[test]
    fn html_that_says_something_else_is_not_taken() {
        for (typed, html) in [
            ("pay 100", "pay 900"),
            ("hello", "<em>hello</em> and more"),
            ("hello there", "hello"),
            ("a&copy;b", "a&copy;b"),
            ("ok", &"<b>".repeat(MAX_TAGS + 1)),
            ("ok", &format!("{}ok", "<div>".repeat(MAX_DEPTH + 2))),
            ("ok", &format!("ok{}", " ".repeat(MAX_BYTES))),
        ] {
            assert_eq!(text(html, typed), None, "{typed}");
        }
    }

    #[test]
    fn formatting_is_taken_up_to_so_many_tags() {
        let typed = "o".repeat(MAX_TAGS / 2);
        let html = "<b>o</b>".repeat(MAX_TAGS / 2);
        assert!(text(&html, &typed).is_some());
        assert_eq!(text(&format!("{html}<br>"), &typed), None);
    }

    proptest! {
        #[test]
        fn no_letter_or_digit_is_lost_or_changed(
            typed in ".{0,40}",
            html in "(<(em|b|code|p|ul|li|ol|a href=\"x\"|blockquote|br|pre|td|mx-reply)>|</(em|b|code|p|ul|li|a|pre)>|&#?[a-z0-9]{0,3};|[a-c5 \n]|.){0,40}",
        ) {
            if let Some(read) = text(&html, &typed) {
                prop_assert!(significant(&read).eq(significant(&typed)));
            }
            // The formatted text is taken if it says the same.
            let same: String = typed.chars().filter(|c| c.is_alphanumeric()).collect();
            prop_assert_eq!(text(&format!("<b>{same}</b>"), &same), Some(same));
        }
    }
}
