//! The steps of a change, told in the words of the store's own commands.

use crate::change::plan::Entry;
use crate::context::Context;
use crate::render::{Format, mask, safe};
use crate::store::{Backup, Companion, Content, Expiry, IndexOp, JsonItem, Medium, Op, Own, Rewrite};

/// How the steps of one session are told: in the words of the store's own commands.
pub(super) struct Words<'e> {
    id: &'e [u8],
    /// Ids stand in them whole.
    whole: bool,
    /// They are data, and not for a terminal.
    raw: bool,
    /// The hash whose fields the sessions are, where they are that.
    hash: Option<&'static str>,
}

impl<'e> Words<'e> {
    /// As the form of the output has them: for people on their terminal, or as data.
    pub(super) fn of(context: &Context, id: &'e [u8]) -> Words<'e> {
        let people = context.format == Format::Table;
        let whole = if people { context.reveal } else { !context.mask };
        let mut described = context.setups.iter().filter_map(|setup| setup.layout.described);
        let hash = described.find_map(|described| described.fields.as_deref());
        Words { id, whole, raw: !people, hash }
    }

    /// How a session is put back: its own key, then what belongs to it.
    pub(super) fn back(&self, backup: &Backup) -> Vec<String> {
        let key = self.show(&backup.key.0);
        let when = |at: i64| format!("{at} ({})", crate::render::time(at).unwrap_or_default());
        let rewritten = matches!(&backup.own, Own::Expire { rewrite: Some(_), .. });
        let own = match (&backup.own, &backup.content, backup.expires) {
            (own @ (Own::End | Own::Expire { .. }), _, end) if self.hash.is_some() => {
                let hash = self.show(self.hash.unwrap_or_default().as_bytes());
                let set = if *own == Own::End { format!("HSET {hash} {key}") } else { String::new() };
                let end = match end {
                    Some(at) => format!("HPEXPIREAT {hash} {} FIELDS 1 {key}", when(at)),
                    None if *own == Own::End => String::new(),
                    None => format!("HPERSIST {hash} FIELDS 1 {key}"),
                };
                let both = if set.is_empty() || end.is_empty() { "" } else { ", " };
                Some(format!("{set}{both}{end}"))
            }
            (Own::End, Content::Text(_), Some(at)) => Some(format!("SET {key} NX PXAT {}", when(at))),
            (Own::End, Content::Text(_), None) => Some(format!("SET {key} NX")),
            (Own::End, Content::Hash { .. }, Some(at)) => Some(format!("RESTORE {key} {} ABSTTL", when(at))),
            (Own::End, Content::Hash { .. }, None) => Some(format!("RESTORE {key} 0")),
            (Own::Expire { .. }, _, Some(at)) => Some(format!("PEXPIREAT {key} {}", when(at))),
            (Own::Expire { .. }, _, None) => Some(format!("PERSIST {key}")),
            (Own::Gone, ..) => None,
        };
        let whole = |own| if rewritten { format!("{own} and its expiry inside the value") } else { own };
        let mut steps: Vec<String> = own.map(whole).into_iter().collect();
        for companion in &backup.companions {
            let key = self.show(&companion.key().0);
            let ends = |expires: &Option<i64>| match expires {
                Some(at) => format!("PEXPIREAT {key} {}", when(*at)),
                None => format!("PERSIST {key}"),
            };
            steps.push(match companion {
                Companion::Member { member, .. } => format!("SADD {key} {}", self.show(&member.0)),
                Companion::Scored { member, score, .. } | Companion::Rescored { member, score, .. } => {
                    format!("ZADD {key} {score} {}", self.show(&member.0))
                }
                Companion::Field { field, .. } => format!("HSET {key} {}", self.show(&field.0)),
                Companion::Text { expires: Some(at), .. } => format!("SET {key} PXAT {}", when(*at)),
                Companion::Text { expires: None, .. } | Companion::Item { .. } => format!("SET {key}"),
                Companion::Outlived { expires, .. } => ends(&Some(*expires)),
                Companion::Ended { expires, .. } => ends(expires),
                Companion::Moved { to, member, .. } => {
                    format!("SMOVE {} {key} {}", self.show(&to.0), self.show(&member.0))
                }
                // Several sessions may share it: it is made as it was once they are all back.
                Companion::Whole { .. } => continue,
                Companion::Dumped { .. } => format!("RESTORE {key}"),
            });
        }
        steps
    }

    fn show(&self, bytes: &[u8]) -> String {
        let mut text = if self.whole { safe::text(bytes) } else { String::from_utf8_lossy(bytes) };
        if !self.whole && !self.id.is_empty() {
            text = text.replace(&*String::from_utf8_lossy(self.id), &mask::short(self.id)).into();
        }
        let text = if self.raw { text } else { safe::safe(&text).into_owned().into() };
        if text.contains(' ') || text.is_empty() { format!("'{text}'") } else { text.into_owned() }
    }

    /// What is done to the session's own key, or has to be so of it.
    pub(super) fn own(&self, entry: &Entry) -> String {
        let key = self.show(&entry.step.key.0);
        let layout = crate::frameworks::BUILT_IN.by_name(&entry.layout);
        let is_row = layout.is_some_and(|layout| layout.medium == Medium::Table);
        let hash = self.hash.map(|hash| self.show(hash.as_bytes()));
        match &entry.step.own {
            Own::Gone => format!("while {key} is gone"),
            Own::End if hash.is_some() => format!("HDEL {} {key}", hash.unwrap_or_default()),
            Own::End if is_row => format!("DELETE {key}"),
            Own::End => format!("UNLINK {key}"),
            Own::Expire { at, rewrite } => {
                let rewritten = if rewrite.is_some() { " and its expiry inside the value" } else { "" };
                match at {
                    Expiry::At(at) if hash.is_some() => {
                        let when = crate::render::time(*at).unwrap_or_default();
                        let hash = hash.unwrap_or_default();
                        format!("HPEXPIREAT {hash} {at} FIELDS 1 {key} ({when}){rewritten}")
                    }
                    Expiry::Persist if hash.is_some() => {
                        format!("HPERSIST {} FIELDS 1 {key}{rewritten}", hash.unwrap_or_default())
                    }
                    Expiry::At(at) => {
                        let when = crate::render::time(*at).unwrap_or_default();
                        format!("PEXPIREAT {key} {at} ({when}){rewritten}")
                    }
                    Expiry::Persist => format!("PERSIST {key}{rewritten}"),
                    Expiry::Keep => {
                        let when = entry.ends.and_then(crate::render::time).unwrap_or_default();
                        match rewrite {
                            Some(Rewrite::Fields(fields)) => {
                                let fields: Vec<String> = fields
                                    .iter()
                                    .map(|(name, value)| {
                                        format!(" {} {}", self.show(&name.0), self.show(&value.0))
                                    })
                                    .collect();
                                let verb = if is_row { "UPDATE" } else { "HSET" };
                                format!("{verb} {key}{} ({when})", fields.concat())
                            }
                            _ if hash.is_some() => {
                                let hash = hash.unwrap_or_default();
                                format!("HSET {hash} {key}: its expiry inside the value ({when})")
                            }
                            _ => format!("SET {key}: its expiry inside the value ({when})"),
                        }
                    }
                }
            }
        }
    }

    /// What follows from it.
    pub(super) fn then(&self, op: &Op) -> String {
        match op {
            Op::Unlink(key) | Op::Unlock(key) => format!("UNLINK {}", self.show(&key.0)),
            Op::OnlyWhile(key) => format!("EXISTS {}   # required for what follows", self.show(&key.0)),
            Op::UnlinkIfEquals(key, value) => {
                format!("UNLINK {}   # while it holds {}", self.show(&key.0), self.show(value))
            }
            Op::Index(IndexOp::SetRemove { key, member }) => {
                format!("SREM {} {}", self.show(&key.0), self.show(member))
            }
            Op::Index(IndexOp::SetRemoveListed { key, member, .. }) => {
                format!("SREM '(each set that {} lists)' {}", self.show(&key.0), self.show(member))
            }
            Op::Index(IndexOp::SortedRemove { key, member }) => {
                format!("ZREM {} {}", self.show(&key.0), self.show(member))
            }
            Op::Index(IndexOp::SortedRemoveWhenGone { key, member, gone }) => {
                format!(
                    "ZREM {} {}   # once {} is gone",
                    self.show(&key.0),
                    self.show(member),
                    self.show(&gone.0)
                )
            }
            Op::Index(IndexOp::HashRemove { key, field }) => {
                format!("HDEL {} {}", self.show(&key.0), self.show(field))
            }
            Op::Index(IndexOp::JsonListRemove { key, item, .. }) => {
                format!(
                    "SET {}   # without the item {}",
                    self.show(&key.0),
                    self.show(text_of(item).as_bytes())
                )
            }
            Op::Index(IndexOp::SortedScore { key, member, score }) => {
                format!("ZADD {} XX {score} {}", self.show(&key.0), self.show(member))
            }
            Op::Outlive { key, at: Some(at) } => {
                let when = crate::render::time(*at).unwrap_or_default();
                format!("PEXPIREAT {} {at} ({when})   # as it would end earlier", self.show(&key.0))
            }
            Op::EndAt { key, at: Some(at) } => {
                let when = crate::render::time(*at).unwrap_or_default();
                format!("PEXPIREAT {} {at} ({when})", self.show(&key.0))
            }
            Op::Index(IndexOp::SetMove { key, to, member, .. }) => {
                format!("SMOVE {} {} {}", self.show(&key.0), self.show(&to.0), self.show(member))
            }
            Op::Outlive { key, at: None } | Op::EndAt { key, at: None } => {
                format!("PERSIST {}", self.show(&key.0))
            }
            Op::Index(IndexOp::JsonListSet { key, item, member, value }) => {
                let item = self.show(text_of(item).as_bytes());
                format!("SET {}   # with {member} {value} in the item {item}", self.show(&key.0))
            }
            Op::Index(IndexOp::Publish { channel, message }) => {
                format!("PUBLISH {} {}", self.show(channel), self.show(message))
            }
        }
    }
}

fn text_of(item: &JsonItem) -> &str {
    match item {
        JsonItem::Text(text) | JsonItem::Member(_, text) | JsonItem::Within { text, .. } => text,
    }
}
