//! `#[monitor]`: leaves the function as it is and registers what its author declared.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Attribute;
use syn::ext::IdentExt;

use crate::budget::{Budget, Subject};
use crate::description;
use crate::errors::Errors;
use crate::options::{self, Device, Options};
use crate::params::{Kind, Param};
use crate::signature::{self, Monitor};

/// The function, then its registration, or else what is wrong.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = options::parse(options, &mut errors);
    let monitor = signature::check(item.clone(), &mut errors);
    match monitor {
        Some(monitor) if errors.is_empty() => {
            let registration = register(&options, &monitor);
            quote!(#item #registration)
        }
        // The function stays, so that whoever calls it hears nothing about our mistake and the editor knows it.
        _ => {
            let item = signature::made_async(item);
            let errors = errors.into_compile_errors();
            quote!(#item #errors)
        }
    }
}

/// `inventory::submit!` of a `MonitorDef`.
fn register(options: &Options, monitor: &Monitor) -> TokenStream {
    let function = monitor.name.unraw().to_string();
    let description = description::of(&monitor.attributes);
    let name = option(options.name.as_ref().map(|name| quote!(#name)));
    let schedule = option(options.schedule.as_ref().map(|line| quote!(#line)));
    let timeout = option(options.timeout.map(duration));
    let retries = option(options.retries.map(|retries| quote!(#retries)));
    let tags = &options.tags;
    let params = options.params.iter().map(param);
    let budgets = options.budgets.iter().map(budget);
    let device = option(options.device.map(|device| match device {
        Device::Desktop => quote!(::canarytrace::__private::Device::Desktop),
        Device::Mobile => quote!(::canarytrace::__private::Device::Mobile),
    }));
    let throttle = option(options.throttle.as_ref().map(|throttle| quote!(#throttle)));
    let iterations = option(options.iterations.map(|iterations| quote!(#iterations)));
    let enabled = options.enabled.unwrap_or(true);
    let kind = kind(monitor);
    let run = run(monitor);

    // A function that is compiled out can't be registered.
    let conditions = monitor.attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let deprecated = |attribute: &Attribute| attribute.path().is_ident("deprecated");
    let allow = monitor.attributes.iter().any(deprecated).then(|| quote!(#[allow(deprecated)]));
    quote! {
        #(#conditions)*
        #allow
        const _: () = {
            ::canarytrace::__private::inventory::submit! {
                ::canarytrace::__private::MonitorDef {
                    module_path: ::core::module_path!(),
                    function: #function,
                    name_override: #name,
                    file: ::core::file!(),
                    line: ::core::line!(),
                    description: #description,
                    schedule: #schedule,
                    timeout: #timeout,
                    retries: #retries,
                    tags: &[#(#tags),*],
                    params: &[#(#params),*],
                    budgets: &[#(#budgets),*],
                    device: #device,
                    throttle: #throttle,
                    iterations: #iterations,
                    enabled: #enabled,
                    kind: #kind,
                    run: #run,
                }
            }
        };
    }
}

/// Whether the monitor takes a browser.
fn kind(monitor: &Monitor) -> TokenStream {
    let parameter = &monitor.parameter;
    quote!(<#parameter as ::canarytrace::__private::MonitorParameter>::KIND)
}

/// A closure around the function. A closure and not an `fn`, because the name of an `fn` could be the monitor's.
///
/// The types stand where the author wrote them: the compiler underlines them when they don't fit.
fn run(monitor: &Monitor) -> TokenStream {
    let Monitor { name, parameter, output, .. } = monitor;
    let given = Ident::new("given", Span::mixed_site());
    let argument = Ident::new("argument", Span::mixed_site());
    let call = quote_spanned!(Span::mixed_site()=> ::canarytrace::__private::run_monitor::<#parameter, #output, _, _>);
    quote!(|#given| #call(#given, |#argument| #name(#argument)))
}

fn option(value: Option<TokenStream>) -> TokenStream {
    if let Some(value) = value {
        quote!(::core::option::Option::Some(#value))
    } else {
        quote!(::core::option::Option::None)
    }
}

fn duration(duration: Duration) -> TokenStream {
    let (seconds, nanoseconds) = (duration.as_secs(), duration.subsec_nanos());
    quote!(::core::time::Duration::new(#seconds, #nanoseconds))
}

fn param(param: &Param) -> TokenStream {
    let Param { name, kind, default } = param;
    let kind = match kind {
        Kind::Text => quote!(Text),
        Kind::Secret => quote!(Secret),
        Kind::Totp => quote!(Totp),
        Kind::Integer { min, max } => quote!(Integer { min: #min, max: #max }),
        Kind::Float => quote!(Float),
        Kind::Bool => quote!(Bool),
        Kind::Duration => quote!(Duration),
        Kind::Url => quote!(Url),
    };
    let default = option(default.as_ref().map(|default| quote!(#default)));
    quote! {
        ::canarytrace::__private::ParamDef {
            name: #name,
            kind: ::canarytrace::__private::ParamKind::#kind,
            default: #default,
        }
    }
}

fn budget(budget: &Budget) -> TokenStream {
    let Budget { subject: Subject { figure: (_, variant, _), name, step }, limit, warn } = budget;
    let metric = Ident::new(variant, Span::mixed_site());
    let name = option(name.as_ref().map(|name| quote!(#name)));
    let step = option(step.as_ref().map(|step| quote!(#step)));
    quote! {
        ::canarytrace::__private::BudgetDef {
            metric: ::canarytrace::__private::Metric::#metric,
            name: #name,
            step: #step,
            limit: #limit,
            warn: #warn,
        }
    }
}
