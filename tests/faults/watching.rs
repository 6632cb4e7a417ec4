//! F46–F48: files that are hard to watch.
