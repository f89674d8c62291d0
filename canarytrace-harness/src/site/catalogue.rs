//! What the shop pretends to sell.

use crate::site::html::{Markup, html};

/// A product.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Product {
    /// Its name in URLs and in `data-test` attributes.
    pub(super) slug: &'static str,
    /// Its name for people.
    pub(super) name: &'static str,
    /// One of [`CATEGORIES`].
    pub(super) category: &'static str,
    /// Price in cents.
    pub(super) price: u32,
    /// One line for lists.
    pub(super) tagline: &'static str,
    /// A paragraph for its own page.
    pub(super) description: &'static str,
    /// What its picture shows.
    pub(super) alt: &'static str,
    /// Its picture, an SVG document.
    pub(super) picture: &'static str,
}

/// The categories, in the order of the menu. Each is also a search term.
pub(super) const CATEGORIES: [&str; 4] = ["Lighting", "Kitchen", "Desk", "Living"];

macro_rules! product {
    ($slug:literal, $name:literal, $category:literal, $price:literal, $tagline:literal, $description:literal, $alt:literal) => {
        Product {
            slug: $slug,
            name: $name,
            category: $category,
            price: $price,
            tagline: $tagline,
            description: $description,
            alt: $alt,
            picture: include_str!(concat!("assets/pictures/", $slug, ".svg")),
        }
    };
}

/// Every product, in the order of the home page.
pub(super) static PRODUCTS: [Product; 12] = [
    product!(
        "lamp",
        "Desk lamp",
        "Lighting",
        3900,
        "Bends where you need it",
        "A steel arm with three joints and a shade that keeps the light on the page and out of your eyes. \
         Warm white, and quiet: it has no fan, no app and no opinion.",
        "A desk lamp with a yellow shade on a bent arm"
    ),
    product!(
        "mug",
        "Stoneware mug",
        "Kitchen",
        1450,
        "Holds 350 ml and its heat",
        "Glazed inside, raw outside, with a handle for a whole hand. It survives the dishwasher and most Mondays.",
        "A blue stoneware mug with steam above it"
    ),
    product!(
        "chair",
        "Oak chair",
        "Living",
        12900,
        "Solid, and light to move",
        "Steam-bent oak and a woven seat. Four legs, all of the same length, which we check by hand.",
        "A wooden chair with a green seat"
    ),
    product!(
        "plant",
        "Potted plant",
        "Living",
        2200,
        "Hard to kill",
        "A snake plant in a terracotta pot. Water it when you remember; it forgives when you don't.",
        "A plant with pointed leaves in a terracotta pot"
    ),
    product!(
        "headphones",
        "Headphones",
        "Desk",
        8900,
        "Thirty hours of somewhere else",
        "Closed cups, soft cushions and a cable for the day the battery is empty. They fold flat into a bag.",
        "Over-ear headphones with red cushions"
    ),
    product!(
        "kettle",
        "Whistling kettle",
        "Kitchen",
        4250,
        "Two tones, one litre",
        "Enamel on steel, for every kind of hob. It whistles a third when the water boils, in tune with itself.",
        "A teal kettle with a wooden handle"
    ),
    product!(
        "clock",
        "Wall clock",
        "Living",
        3400,
        "Silent sweep",
        "Thirty centimetres across, hands that move without a tick, and figures you can read from the door.",
        "A round wall clock that shows ten past ten"
    ),
    product!(
        "notebook",
        "Dotted notebook",
        "Desk",
        1290,
        "192 pages that lie flat",
        "Thread-bound, 100 g paper, numbered pages and a ribbon. Ink stays on the side that you wrote on.",
        "A closed purple notebook with an elastic band and a pencil"
    ),
    product!(
        "pendant",
        "Pendant light",
        "Lighting",
        7600,
        "A warm circle over the table",
        "Spun aluminium, white inside. Two metres of cable, so that it hangs where the table really is.",
        "A pendant light that throws a cone of light"
    ),
    product!(
        "vase",
        "Stem vase",
        "Living",
        1950,
        "For one flower, or three",
        "Mouth-blown glass with a heavy base. No two are alike, and yours is the one in the box.",
        "A glass vase with three flowers"
    ),
    product!(
        "teapot",
        "Teapot",
        "Kitchen",
        3650,
        "Pours without a drip",
        "White porcelain for four cups with a strainer that lifts out. The spout has been argued about for years.",
        "A round white teapot with a gold knob"
    ),
    product!(
        "lantern",
        "Storm lantern",
        "Lighting",
        2850,
        "Keeps its head in the wind",
        "A glass chimney in a wire cage. Takes a tea light or, for those who plan ahead, a lamp with a battery.",
        "A lantern with a burning flame behind glass"
    ),
];

/// The product with this slug.
pub(super) fn find(slug: &str) -> Option<&'static Product> {
    PRODUCTS.iter().find(|product| product.slug == slug)
}

/// The products in which every word of `query` occurs, in any case. No word finds nothing.
pub(super) fn search(query: &str) -> Vec<&'static Product> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let holds = |product: &Product| {
        let text = [product.name, product.category, product.tagline, product.description].join(" ").to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    PRODUCTS.iter().filter(|product| holds(product)).collect()
}

impl Product {
    /// The picture inside the page, named for those who can't see it.
    pub(super) fn inline_picture(&self) -> Markup {
        html!(
            r#"<span class="picture" role="img" aria-label="{alt}">{picture}</span>"#,
            alt = self.alt,
            picture = Markup::of_ours(self.picture),
        )
    }
}

/// A price as people write it: `€39.00`.
pub(super) fn euros(cents: u32) -> String {
    format!("€{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_wants_every_word_and_ignores_case() {
        let slugs = |query| search(query).iter().map(|product| product.slug).collect::<Vec<_>>();
        assert_eq!(slugs("DESK lamp"), ["lamp"]);
        assert_eq!(slugs("lighting"), ["lamp", "pendant", "lantern"]);
        assert!(slugs("lamp unobtainium").is_empty());
        assert!(slugs("  ").is_empty());
    }

    #[test]
    fn products_differ_and_every_category_of_the_menu_has_some() {
        for product in &PRODUCTS {
            assert_eq!(find(product.slug), Some(product), "slugs are unique");
            assert!(CATEGORIES.contains(&product.category), "{} is in the menu", product.category);
        }
        for category in CATEGORIES {
            assert!(!search(category).is_empty(), "{category} has products");
        }
    }

    #[test]
    fn pictures_ask_nothing_of_the_network() {
        for product in &PRODUCTS {
            let rest = product.picture.replace("http://www.w3.org/2000/svg", "");
            assert!(product.picture.starts_with("<svg "), "{}", product.slug);
            for outside in ["http", "href", "url(", "<script", "<image"] {
                assert!(!rest.contains(outside), "{} has {outside}", product.slug);
            }
        }
    }

    #[test]
    fn prices_keep_their_cents() {
        assert_eq!(euros(3905), "€39.05");
        assert_eq!(euros(0), "€0.00");
    }
}
