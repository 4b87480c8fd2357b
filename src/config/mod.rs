//! `bridge-config.yaml`: one file per section.
