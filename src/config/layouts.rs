//! `[layouts.NAME]`: a store of one's own, described without writing Rust.
//!
//! ```toml
//! [layouts.shop]
//! key = "shop:session:{id}"              # {user} may be in it, too; other braces are doubled: "{{shop}}:{id}"
//! record = "string"                      # or "hash"
//! field = "data"                         # of a hash: the field that the session is in
//! wrappers = ["gzip"]                    # outermost first; secrets of laravel-encrypted and kruptein: options
//! codec = "json"                         # without it the bytes are asked
//! user = ["user.id", "uid"]              # the first that leads to someone
//! created = { path = "created", unit = "s" }  # s, ms, us, ns, ticks or iso; a string alone: told by its form
//! seen = ["last_seen", { path = "t", unit = "s", epoch = "2001-01-01T00:00:00Z" }]  # the first that is there
//! expires = { path = "exp", unit = "ms" }     # the end that the application enforces
//! ip = "ip"
//! agent = "ua"
//! secrets = ["recovery", "card"]         # members of these names are blanked, wherever they stand in the data
//! must_have = ["user", "created"]        # with these it certainly is one, also where it is not named
//! id = ["uuid", "40 hex"]                # what ids look like: then a session may lack must_have (a guest's), and
//!                                        # ends where it is named; hex, digits, lower, alnum, base64url, native
//! cookie = { name = "SHOPSESS", form = "bare" }
//! caveats = ["Open pages go on until they are loaded again."]
//! locks = ["{key}:lock"]                 # keys that a request holds: they go with the session, undo leaves them
//!
//! [[layouts.shop.companions]]
//! kind = "set"                           # set, zset, hash, list-json, key or lock
//! key = "shop:user:{user}:sessions"      # {id}, {user}, {key}, and any path into the data: "csrf:{meta.csrf}"
//! member = "{id}"
//! user_index = true                      # a user's sessions may be looked up here; of a zset also:
//!                                        # score = "ms", the end of the session, which follows it
//! ```
//!
//! With `fields = "shop:sessions"` in place of `key` and `record`, each field of that one hash is a session: its name is
//! the id, and it ends by the field's own TTL, by `expires` in the value, or by both. Such a layout has to be named,
//! and has no companions.
//!
//! Where a path leads into JSON that stands as a string in a member, or in a field of a hash, it goes on inside.
//!
//! Everything is checked here, with the line, so that the layout's functions need not ask again.

use super::{Entry, Name, Reader};
use crate::fault::{Usage, did_you_mean};
use crate::layout::Described;
use crate::layout::described::{Clock, Companion, Companionship, Cookie, FORMS, Pattern, Shape, Unit, When};
use crate::store::Kind;
use crate::{codec, frameworks, wrap};
use toml::Spanned;
use toml::de::DeValue;

/// The members of a layout.
const MEMBERS: &[&str] = &[
    "about",
    "key",
    "record",
    "field",
    "fields",
    "wrappers",
    "codec",
    "user",
    "created",
    "seen",
    "expires",
    "ip",
    "agent",
    "secrets",
    "must_have",
    "id",
    "cookie",
    "caveats",
    "companions",
    "locks",
];
const COMPANION: &[&str] = &["kind", "key", "member", "user_index", "score"];
const COOKIE: &[&str] = &["name", "form"];
const WHEN: &[&str] = &["path", "unit", "epoch"];

/// What may be in a companion's key and member.
const PLACES: &[&str] = &["id", "user", "key"];

type Value<'t> = Spanned<DeValue<'t>>;

impl Reader<'_> {
    /// All that are described; a mistake in one is an error whichever is used.
    pub(super) fn layouts(&self, value: &Value<'_>) -> anyhow::Result<Vec<Described>> {
        let Some(table) = value.get_ref().as_table() else {
            return Err(
                self.wrong(value.span().start, "`layouts` must consist of tables such as [layouts.shop]")
            );
        };
        table.iter().map(|(name, value)| self.layout(name, value)).collect()
    }

    fn layout(&self, name: &Name<'_>, value: &Value<'_>) -> anyhow::Result<Described> {
        let at = name.span().start;
        let text = name.get_ref();
        let Some(members) = value.get_ref().as_table() else {
            return Err(self.form(name, "a table such as [layouts.shop]"));
        };
        let fine = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "-_.".contains(char);
        if text.is_empty() || !text.chars().all(fine) || text.starts_with('-') {
            let what = format!("the layout's name `{text}` may contain only a-z, 0-9, `-`, `_` and `.`");
            return Err(self.wrong(at, what));
        }
        if frameworks::BUILT_IN.by_name(text).is_some() {
            let what = format!("the layout `{text}` already exists");
            let hint = "give yours another name; a framework's own settings go into a profile's `options`";
            return Err(Usage::new(self.located(at, &what)).hint(hint).into());
        }
        let missing = |what: &str| self.wrong(at, format!("layout `{text}` lacks {what}"));
        let mut described = Described {
            name: text.to_string(),
            about: None,
            key: Pattern::parse("", &[], false).map_err(|why| self.form(name, &why))?,
            record: Kind::String,
            field: None,
            fields: None,
            wrappers: Vec::new(),
            codec: None,
            user: Vec::new(),
            created: Vec::new(),
            seen: Vec::new(),
            expires: Vec::new(),
            ip: Vec::new(),
            agent: Vec::new(),
            must_have: Vec::new(),
            id: Vec::new(),
            cookie: None,
            caveats: Vec::new(),
            secrets: Vec::new(),
            companions: Vec::new(),
        };
        let mut key_given = false;
        let mut record = None;
        let mut fields_at = at;
        let (mut companions, mut locks) = (None, None);
        for entry @ (member, value) in members {
            match member.get_ref().as_ref() {
                "about" => described.about = Some(self.text(member, value)?),
                "key" => {
                    described.key = self.pattern(entry, &["id", "user"], false)?;
                    Described::check_key(&described.key).map_err(|why| self.form_of(member, &why))?;
                    key_given = true;
                }
                "record" => {
                    let kinds = [("string", Kind::String), ("hash", Kind::Hash)];
                    record = Some(self.one_of(entry, "kind of record", &kinds)?);
                }
                "fields" => {
                    let hash = self.text(member, value)?;
                    if hash.is_empty() {
                        return Err(self.form(member, "the name of the hash whose fields are the sessions"));
                    }
                    described.fields = Some(hash);
                    fields_at = member.span().start;
                }
                "field" => described.field = Some(self.text(member, value)?),
                "wrappers" => {
                    for name in self.list(member, value)? {
                        let known = || wrap::ALL.iter().map(|wrapper| wrapper.name);
                        let wrapper = wrap::by_name(&name);
                        let wrapper = wrapper.ok_or_else(|| self.no(member, "wrapper", &name, known()))?;
                        described.wrappers.push(wrapper.name);
                    }
                }
                "codec" => {
                    let name = self.text(member, value)?;
                    let known = || codec::ALL.iter().map(|codec| codec.name);
                    let codec = codec::by_name(&name);
                    described.codec =
                        Some(codec.ok_or_else(|| self.no(member, "codec", &name, known()))?.name);
                }
                "user" => described.user = self.list(member, value)?,
                "created" => described.created = self.times(entry)?,
                "seen" => described.seen = self.times(entry)?,
                "expires" => described.expires = self.times(entry)?,
                "ip" => described.ip = self.list(member, value)?,
                "agent" => described.agent = self.list(member, value)?,
                "secrets" => described.secrets = self.list(member, value)?,
                "must_have" => described.must_have = self.list(member, value)?,
                "id" => {
                    for text in self.list(member, value)? {
                        let why = "must describe what ids look like: \"uuid\", \"40 hex\" or \"22-256 \
                                   native\"; available: hex, digits, lower, alnum, base64url and native";
                        let shape = Shape::parse(&text).ok_or_else(|| self.form_of(member, why))?;
                        described.id.push(shape);
                    }
                }
                "cookie" => described.cookie = Some(self.cookie(entry)?),
                "caveats" => described.caveats = self.list(member, value)?,
                "companions" => companions = Some(entry),
                "locks" => locks = Some(entry),
                other => return Err(self.unknown(member.span().start, other, MEMBERS)),
            }
        }
        if described.fields.is_some() {
            let other = [
                ("key", key_given),
                ("record", record.is_some()),
                ("field", described.field.is_some()),
                ("companions", companions.is_some()),
                ("locks", locks.is_some()),
            ];
            if let Some((other, _)) = other.into_iter().find(|(_, given)| *given) {
                let what = format!(
                    "`fields` and `{other}` exclude each other: each field of the hash is a session, its name the id"
                );
                return Err(self.wrong(fields_at, what));
            }
            described.key = Pattern::parse("{id}", &["id"], false).map_err(|why| self.form(name, &why))?;
        } else if !key_given {
            return Err(missing("`key`, such as key = \"shop:session:{id}\""));
        }
        match (record, &described.field) {
            (Some(Kind::String), Some(_)) => {
                return Err(self.wrong(at, "`field` is for record = \"hash\"; a string has no fields"));
            }
            (None, Some(_)) => described.record = Kind::Hash,
            (Some(kind), _) => described.record = kind,
            (None, None) => {}
        }
        if described.record == Kind::Hash && described.field.is_none() && !described.wrappers.is_empty() {
            return Err(self.wrong(at, "`wrappers` of a hash need `field`, the wrapped field"));
        }
        if let Some(entry) = companions {
            self.companions(entry, &mut described)?;
        }
        if let Some(entry) = locks {
            self.locks(entry, &mut described)?;
        }
        Ok(described)
    }

    /// Keys that go with a session because a request held them.
    fn locks(&self, (key, value): Entry<'_, '_>, described: &mut Described) -> anyhow::Result<()> {
        for text in self.list(key, value)? {
            let pattern = Pattern::parse(&text, PLACES, true).map_err(|why| self.form_of(key, &why))?;
            let lock = Companion {
                kind: Companionship::Lock,
                key: pattern,
                member: None,
                user_index: false,
                score: None,
            };
            let works = lock.check(described);
            works.map_err(|why| self.wrong(key.span().start, format!("the lock does not work: {why}")))?;
            described.companions.push(lock);
        }
        Ok(())
    }

    fn companions(&self, (key, value): Entry<'_, '_>, described: &mut Described) -> anyhow::Result<()> {
        let Some(items) = value.get_ref().as_array() else {
            let expected = format!("a list of tables: [[layouts.{}.companions]]", described.name);
            return Err(self.form(key, &expected));
        };
        for item in items {
            let at = item.span().start;
            let Some(members) = item.get_ref().as_table() else {
                return Err(self.wrong(at, "a companion must be a table with `kind` and `key`"));
            };
            let (mut kind, mut pattern, mut key_at) = (None, None, at);
            let mut member_of = None;
            let (mut user_index, mut score) = (false, None);
            for entry @ (member, value) in members {
                match member.get_ref().as_ref() {
                    "kind" => kind = Some(self.one_of(entry, "kind of companion", Companionship::NAMES)?),
                    "key" => {
                        pattern = Some(self.pattern(entry, PLACES, true)?);
                        key_at = member.span().start;
                    }
                    "member" => member_of = Some(self.pattern(entry, PLACES, true)?),
                    "user_index" => user_index = self.flag(member, value)?,
                    "score" => score = Some(self.one_of(entry, "unit of time", Unit::NAMES)?),
                    other => return Err(self.unknown(member.span().start, other, COMPANION)),
                }
            }
            let lacks = |what: &str| self.wrong(at, format!("the companion lacks {what}"));
            let companion = Companion {
                kind: kind.ok_or_else(|| lacks("`kind`: set, zset, hash, list-json, key or lock"))?,
                key: pattern.ok_or_else(|| lacks("`key`, such as \"shop:user:{user}:sessions\""))?,
                member: member_of,
                user_index,
                score,
            };
            companion
                .check(described)
                .map_err(|why| self.wrong(key_at, format!("the companion does not work: {why}")))?;
            if user_index && described.companions.iter().any(|other| other.user_index) {
                return Err(self.wrong(key_at, "another companion already has `user_index`; only one may"));
            }
            described.companions.push(companion);
        }
        Ok(())
    }

    fn cookie(&self, (key, value): Entry<'_, '_>) -> anyhow::Result<Cookie> {
        let expected = "a table such as { name = \"SHOPSESS\", form = \"bare\" }";
        let Some(members) = value.get_ref().as_table() else { return Err(self.form(key, expected)) };
        let (mut name, mut form) = (None, None);
        for (member, value) in members {
            let text = self.text(member, value)?;
            match member.get_ref().as_ref() {
                "name" => name = Some(text),
                "form" => {
                    let found = FORMS.iter().find(|(form, _)| *form == text);
                    let known = || FORMS.iter().map(|(form, _)| *form);
                    form = Some(found.ok_or_else(|| self.no(member, "form of cookie", &text, known()))?.0);
                }
                other => return Err(self.unknown(member.span().start, other, COOKIE)),
            }
        }
        let name = name.filter(|name| !name.is_empty()).ok_or_else(|| self.form(key, expected))?;
        Ok(Cookie { name, form: form.unwrap_or(FORMS[0].0) })
    }

    /// One time, or several in a list.
    fn times(&self, (key, value): Entry<'_, '_>) -> anyhow::Result<Vec<When>> {
        match value.get_ref().as_array() {
            Some(items) => items.iter().map(|item| self.when((key, item))).collect(),
            None => Ok(vec![self.when((key, value))?]),
        }
    }

    fn when(&self, (key, value): Entry<'_, '_>) -> anyhow::Result<When> {
        let expected = "a path, or a table such as { path = \"created\", unit = \"s\" }, or a list of them";
        let Some(members) = value.get_ref().as_table() else {
            let path = value.get_ref().as_str().filter(|path| !path.is_empty());
            let path = path.ok_or_else(|| self.form(key, expected))?.to_string();
            return Ok(When { path, clock: Clock::Any });
        };
        let units: Vec<(&str, Clock)> = Unit::NAMES
            .iter()
            .map(|(name, unit)| (*name, Clock::count(*unit)))
            .chain([("iso", Clock::Iso)])
            .collect();
        let (mut path, mut clock, mut from) = (None, Clock::Any, None);
        for entry @ (member, value) in members {
            match member.get_ref().as_ref() {
                "path" => path = Some(self.text(member, value)?),
                "unit" => clock = self.one_of(entry, "unit of time", &units)?,
                "epoch" => {
                    let time = self.text(member, value)?.parse::<jiff::Timestamp>().ok();
                    let expected = "a time such as \"2001-01-01T00:00:00Z\"";
                    let time = time.ok_or_else(|| self.form(member, expected))?;
                    from = Some((member, time.as_millisecond()));
                }
                other => return Err(self.unknown(member.span().start, other, WHEN)),
            }
        }
        if let Some((member, from)) = from {
            let Clock::Count { epoch, .. } = &mut clock else {
                let what = "`epoch` needs a `unit` to count in: s, ms, us, ns or ticks";
                return Err(self.wrong(member.span().start, what));
            };
            *epoch = from;
        }
        let path = path.filter(|path| !path.is_empty()).ok_or_else(|| self.form(key, expected))?;
        Ok(When { path, clock })
    }

    fn pattern(&self, (key, value): Entry<'_, '_>, words: &[&str], paths: bool) -> anyhow::Result<Pattern> {
        let text = self.text(key, value)?;
        Pattern::parse(&text, words, paths).map_err(|why| self.form_of(key, &why))
    }

    fn one_of<T: Copy>(
        &self,
        (key, value): Entry<'_, '_>,
        what: &str,
        known: &[(&str, T)],
    ) -> anyhow::Result<T> {
        let text = self.text(key, value)?;
        let found = known.iter().find(|(name, _)| *name == text);
        let names = known.iter().map(|(name, _)| *name);
        found.map(|(_, one)| *one).ok_or_else(|| self.no(key, what, &text, names))
    }

    /// There is no such thing, but there are others.
    fn no<'n>(
        &self,
        key: &Name<'_>,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'n str> + Clone,
    ) -> anyhow::Error {
        let what = format!("unknown {what} `{name}`");
        Usage::new(self.located(key.span().start, &what)).hint(did_you_mean(name, known)).into()
    }

    fn form_of(&self, key: &Name<'_>, why: &str) -> anyhow::Error {
        self.wrong(key.span().start, format!("`{}` {why}", key.get_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::layouts_of;

    /// The example in this module's documentation.
    fn example() -> String {
        let source = include_str!("layouts.rs");
        let lines = source.lines().map_while(|line| line.strip_prefix("//!"));
        let lines = lines.map(|line| line.strip_prefix(' ').unwrap_or(line));
        let toml: Vec<&str> =
            lines.skip_while(|line| *line != "```toml").skip(1).take_while(|line| *line != "```").collect();
        toml.join("\n")
    }

    #[test]
    fn what_the_documentation_shows_is_read() {
        let example = example();
        let as_a_hash = example.replace("record = \"string\"", "record = \"hash\"");
        let all = layouts_of(&as_a_hash).expect("well described");
        let [shop] = &all[..] else { panic!("one layout") };
        assert_eq!((shop.name.as_str(), shop.record, shop.codec), ("shop", Kind::Hash, Some("json")));
        assert_eq!(shop.wrappers, ["gzip"]);
        assert_eq!(shop.user, ["user.id", "uid"]);
        let when = |path: &str, clock| When { path: path.to_string(), clock };
        let from_2001 = Clock::Count { unit: Unit::Seconds, epoch: 978_307_200_000 };
        assert_eq!(shop.seen, [when("last_seen", Clock::Any), when("t", from_2001)]);
        assert_eq!(shop.expires, [when("exp", Clock::count(Unit::Millis))]);
        assert_eq!(shop.companions[1].kind, Companionship::Lock);
        assert_eq!(shop.cookie.as_ref().map(|cookie| cookie.form), Some("bare"));
        assert!(shop.companions[0].user_index && shop.companions[0].kind == Companionship::Set);
        let error = layouts_of(&example).expect_err("a string with a field");
        assert!(error.to_string().contains("a string has no fields"), "{error}");
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_what_would_be_right() {
        let companion = "key = \"s:{id}\"\n[[layouts.a.companions]]\n";
        let cases: &[(&str, &str, &str)] = &[
            ("", "line 1: layout `a` lacks `key`", ""),
            ("recrd = \"x\"", "line 2: unknown key `recrd`", "did you mean `record`?"),
            ("key = \"s:\"", "line 2: `key` must contain {id}", ""),
            ("key = \"{id}:{id}\"", "line 2: `key` must contain {id} once", ""),
            ("key = \"{shop}:{id}\"", "line 2: `key` may hold {id}, {user}; other braces are", ""),
            ("key = \"s:{id\"", "line 2: `key` may hold {id}", ""),
            ("key = \"s:{user}{id}\"", "line 2: `key` needs some text between {id} and {user}", ""),
            ("key = 5", "line 2: `key` must be a string", ""),
            ("key = \"s:{id}\"\nrecord = \"list\"", "line 3: unknown kind of record `list`", "string"),
            ("key = \"s:{id}\"\nwrappers = \"gzp\"", "line 3: unknown wrapper `gzp`", "`gzip`"),
            ("key = \"s:{id}\"\ncodec = \"jsn\"", "line 3: unknown codec `jsn`", "`json`"),
            ("key = \"s:{id}\"\nseen = { at = \"x\" }", "line 3: unknown key `at`", "`path`"),
            ("key = \"s:{id}\"\nseen = { unit = \"s\" }", "line 3: `seen` must be a path", ""),
            (
                "key = \"s:{id}\"\nseen = { path = \"x\", unit = \"sec\" }",
                "unknown unit of time `sec`",
                "s, ms",
            ),
            ("key = \"s:{id}\"\nuser = [\"\"]", "line 3: `user` must be a list of non-empty strings", ""),
            (
                "key = \"s:{id}\"\ncookie = { name = \"c\", form = \"expres\" }",
                "line 3: unknown form of cookie `expres`",
                "did you mean `express`?",
            ),
            ("key = \"s:{id}\"\ncookie = \"c\"", "line 3: `cookie` must be a table such as", ""),
            (
                "key = \"s:{id}\"\nrecord = \"hash\"\nwrappers = \"gzip\"",
                "`wrappers` of a hash need `field`",
                "",
            ),
        ];
        for (text, expected, hint) in cases {
            mistake(&format!("[layouts.a]\n{text}"), expected, hint);
        }
        let cases: &[(&str, &str, &str)] = &[
            ("kind = \"list\"", "line 4: unknown kind of companion `list`", "did you mean `list-json`?"),
            ("key = \"l:{id}\"", "line 3: the companion lacks `kind`", ""),
            ("kind = \"key\"", "line 3: the companion lacks `key`", ""),
            ("kind = \"set\"\nmembr = \"x\"", "line 5: unknown key `membr`", "did you mean `member`?"),
            ("kind = \"set\"\nkey = \"all\"", "line 5: the companion does not work: it needs `member`", ""),
            ("kind = \"set\"\nkey = \"all\"\nmember = \"x\"", "`member` needs {id} or {key}", ""),
            (
                "kind = \"set\"\nkey = \"u:{user}\"\nmember = \"{id}\"",
                "line 5: the companion does not work: it contains {user}, but the layout has no `user`",
                "",
            ),
            ("kind = \"set\"\nkey = \"a\"\nmember = \"{id}\"\nscore = \"s\"", "`score` is for a zset", ""),
            ("kind = \"key\"\nkey = \"lock\"", "must belong to one session", ""),
            ("kind = \"lock\"\nkey = \"lock\"", "must belong to one session", ""),
            ("kind = \"lock\"\nkey = \"l:{id}\"\nmember = \"x\"", "a lock has no `member`", ""),
            ("kind = \"key\"\nkey = \"{id}\"", "needs some text besides the placeholders", ""),
            ("kind = \"key\"\nkey = \"s:{id}\"", "cannot be told from a session's own", ""),
            (
                "kind = \"set\"\nkey = \"all\"\nmember = \"{id}\"\nuser_index = true",
                "is found by {user} alone",
                "",
            ),
        ];
        for (text, expected, hint) in cases {
            mistake(&format!("[layouts.a]\n{companion}{text}"), expected, hint);
        }
        for (line, expected) in [
            ("locks = [\"lock\"]", "line 3: the lock does not work: a key that is removed must belong"),
            ("id = \"40 hexes\"", "line 3: `id` must describe what ids look like"),
            ("id = \"0 hex\"", "line 3: `id` must describe what ids look like"),
            ("seen = [1]", "`seen` must be a path, or a table"),
            ("seen = { path = \"a\", unit = \"day\" }", "line 3: unknown unit of time `day`"),
            ("seen = { path = \"a\", epoch = \"2001\", unit = \"s\" }", "`epoch` must be a time such as"),
            ("seen = { path = \"a\", epoch = \"2001-01-01T00:00:00Z\" }", "`epoch` needs a `unit`"),
        ] {
            mistake(&format!("[layouts.a]\nkey = \"s:{{id}}\"\n{line}"), expected, "");
        }
        mistake(
            "[layouts.connect-redis]",
            "line 1: the layout `connect-redis` already exists",
            "another name",
        );
        mistake("[layouts.\"A b\"]", "line 1: the layout's name `A b` may contain only a-z", "");
        mistake("layouts = 1", "line 1: `layouts` must consist of tables", "");
    }

    fn mistake(text: &str, expected: &str, hint: &str) {
        let told = crate::error::tell(&layouts_of(text).expect_err(text));
        assert_eq!(told.exit, crate::exit::Exit::Usage, "{text}");
        assert!(told.lines.join("\n").contains(expected), "{text}: {:?}", told.lines);
        assert!(told.hint.as_deref().unwrap_or_default().contains(hint), "{text}: {:?}", told.hint);
    }
}
