//! What the browser sends, opened in every way there is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sessctl::cookie::Given;
use sessctl::frameworks;
use sessctl::layout::{Setting, Setup};

/// What the corpus was signed with.
const SECRET: &str = "keyboard cat";

fuzz_target!(|text: &str| {
    let given = Given::parse(text);
    for layout in frameworks::BUILT_IN.all() {
        let Some(open) = layout.cookie.open else { continue };
        let mut setup = Setup::free(layout);
        drop(open(&setup, &given));
        for option in layout.options {
            // What is not text is left as it is.
            drop(setup.set(option.name, Setting::Text(SECRET.to_string())));
        }
        drop(open(&setup, &given));
    }
});
