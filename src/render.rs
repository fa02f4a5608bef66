//! Rows on standard output: what a session looks like in each form.

pub mod grid;
pub mod safe;
pub mod secret;
pub mod tree;
pub fn size(b: u64) -> String {
    format!("{b} B")
}
pub fn span(b: u64) -> String {
    format!("{b} ms")
}
pub fn time(b: i64) -> Option<String> {
    Some(format!("{b}"))
}
pub mod csv {
    pub fn field(s: &str) -> String {
        s.to_string()
    }
}
pub struct RowOptions;
pub mod json {
    pub fn members(s: &crate::session::Session<'_>, _: &super::RowOptions, out: &mut Vec<u8>) {
        let v = serde_json::json!({"id": super::safe::bytes(s.id), "key": super::safe::bytes(s.key), "layout": s.layout(), "user": s.facts.user});
        let t = v.to_string();
        out.extend_from_slice(t[1..t.len() - 1].as_bytes());
    }
}
