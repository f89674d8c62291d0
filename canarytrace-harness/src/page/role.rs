//! The roles of WAI-ARIA 1.2 that an element can be found by.

use std::fmt;

macro_rules! roles {
    ($($name:ident $text:literal)*) => {
        /// A role of WAI-ARIA 1.2, given by `role="…"` or by the element itself: `<button>` is a [`Role::Button`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Role {
            $(
                #[doc = concat!("`", $text, "`")]
                $name,
            )*
        }

        impl Role {
            /// Every role.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name in the specification: `button`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

roles! {
    Alert "alert"
    AlertDialog "alertdialog"
    Application "application"
    Article "article"
    Banner "banner"
    Blockquote "blockquote"
    Button "button"
    Caption "caption"
    Cell "cell"
    Checkbox "checkbox"
    Code "code"
    ColumnHeader "columnheader"
    Combobox "combobox"
    Complementary "complementary"
    ContentInfo "contentinfo"
    Definition "definition"
    Deletion "deletion"
    Dialog "dialog"
    Document "document"
    Emphasis "emphasis"
    Feed "feed"
    Figure "figure"
    Form "form"
    Grid "grid"
    GridCell "gridcell"
    Group "group"
    Heading "heading"
    Img "img"
    Insertion "insertion"
    Link "link"
    List "list"
    Listbox "listbox"
    ListItem "listitem"
    Log "log"
    Main "main"
    Marquee "marquee"
    Math "math"
    Menu "menu"
    Menubar "menubar"
    MenuItem "menuitem"
    MenuItemCheckbox "menuitemcheckbox"
    MenuItemRadio "menuitemradio"
    Meter "meter"
    Navigation "navigation"
    Note "note"
    Option "option"
    Paragraph "paragraph"
    ProgressBar "progressbar"
    Radio "radio"
    RadioGroup "radiogroup"
    Region "region"
    Row "row"
    RowGroup "rowgroup"
    RowHeader "rowheader"
    Scrollbar "scrollbar"
    Search "search"
    Searchbox "searchbox"
    Separator "separator"
    Slider "slider"
    SpinButton "spinbutton"
    Status "status"
    Strong "strong"
    Subscript "subscript"
    Superscript "superscript"
    Switch "switch"
    Tab "tab"
    Table "table"
    TabList "tablist"
    TabPanel "tabpanel"
    Term "term"
    Textbox "textbox"
    Time "time"
    Timer "timer"
    Toolbar "toolbar"
    Tooltip "tooltip"
    Tree "tree"
    TreeGrid "treegrid"
    TreeItem "treeitem"
}

impl Role {
    /// The name in Chromium's accessibility tree, where it differs from the specification's.
    pub(crate) fn in_tree(self) -> &'static str {
        match self {
            Self::Img => "image",
            role => role.as_str(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
