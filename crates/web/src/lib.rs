//! Pages and API. For now: health and a start page.
