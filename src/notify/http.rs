//! What the channels over HTTP have in common.

use std::{future::Future, time::Duration};

use reqwest::{Client, RequestBuilder, Response, Url};
use secrecy::SecretString;
use tokio::runtime::Builder;

use super::{Hope, channel::Fault};
use crate::{
    config::EntraApplication,
    sys::{
        entra::{Application, TokenFault, token as ask_for_token},
        http::{self, Way},
        trouble::Trouble,
    },
};

/// Waits for what is asked over the network, on a thread of its own: whoever calls may have a runtime at work already.
pub(super) fn wait<T: Send>(asked: impl Future<Output = Result<T, Fault>> + Send) -> Result<T, Fault> {
    let no_means = || Fault::new(Hope::Later, "this machine gives no means to wait for an answer");
    let runtime = Builder::new_current_thread().enable_all().build().map_err(|_| no_means())?;
    std::thread::scope(|scope| {
        let waiting = std::thread::Builder::new().spawn_scoped(scope, || runtime.block_on(asked));
        waiting.map_err(|_| no_means())?.join().map_err(|_| no_means())?
    })
}

/// A client for an address, and the address. `who` is in our own words, because an address may be a secret.
pub(super) fn client(way: &Way, address: &str, who: &str, patience: Duration) -> Result<(Client, Url), Fault> {
    let no_address = |_| Fault::new(Hope::None, format!("{who} has no address that can be asked"));
    let url: Url = address.parse().map_err(no_address)?;
    let no_means = |_| Fault::new(Hope::Later, "this machine gives no means to ask over HTTPS");
    Ok((way.client(&url, patience).map_err(no_means)?, url))
}

/// A token of an application for a service.
pub(super) async fn token(
    application: &EntraApplication,
    scope: &str,
    way: &Way,
    patience: Duration,
) -> Result<SecretString, Fault> {
    let EntraApplication { tenant, client, secret, authority } = application;
    let secret = secret.resolve()?;
    let asking = Application { authority, tenant, client, secret: &secret };
    ask_for_token(asking, scope, way, patience).await.map_err(|fault| {
        let hope = match fault {
            TokenFault::Busy { after: Some(seconds), .. } => Hope::After(seconds),
            TokenFault::Busy { .. } | TokenFault::Unreachable(_) => Hope::Later,
            TokenFault::Refused { .. } | TokenFault::NoAddress | TokenFault::NoToken => Hope::None,
        };
        Fault::new(hope, format!("no token from {authority}: {fault}"))
    })
}

/// Sends a request, and says what its answer means; `who` is in our own words, because an address may be a secret.
pub(super) async fn ask(request: RequestBuilder, who: &str, advice: &str) -> Result<(), Fault> {
    let answer = send(request, who).await?;
    let status = answer.status().as_u16();
    let after = http::retry_after(answer.headers());
    match status {
        200..=299 => Ok(()),
        status if http::is_busy(status) => {
            let hope = after.map_or(Hope::Later, Hope::After);
            Err(Fault::new(hope, format!("{who} asked for patience (status {status})")))
        }
        300..=399 => Err(Fault::new(Hope::None, format!("{who} sends us elsewhere (status {status}); {advice}"))),
        _ => Err(Fault::new(Hope::None, format!("{who} refused (status {status}); {advice}"))),
    }
}

/// Sends a request to which any answer will do.
pub(super) async fn send(request: RequestBuilder, who: &str) -> Result<Response, Fault> {
    request.send().await.map_err(|error| match () {
        () if error.is_builder() => Fault::new(Hope::None, format!("{who} has no address that can be asked")),
        () => Fault::new(Hope::Later, format!("{who} cannot be reached: {}", Trouble::of(&error))),
    })
}
