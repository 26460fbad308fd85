//! Who we are to the server.

use secrecy::ExposeSecret;
use tiberius::AuthMethod;

use super::{connect::name, error::SqlServerError};
use crate::{
    config::{
        Network, SecretRef,
        sqlserver::{Login, SqlServerSettings},
    },
    sys::entra::{Application, token},
};

/// What an application asks a token for.
const SCOPE: &str = "https://database.windows.net/.default";

/// How the driver is to log in. Secrets are fetched here, and live no longer than the connecting takes.
pub(super) async fn method(settings: &SqlServerSettings, network: &Network) -> Result<AuthMethod, SqlServerError> {
    let fetch =
        |at: &SecretRef| at.resolve().map_err(|source| SqlServerError::Secret { server: name(settings), source });
    Ok(match &settings.login {
        Login::Sql { user, password } => AuthMethod::sql_server(user, fetch(password)?.expose_secret()),
        Login::Entra { tenant, client, secret, authority } => {
            let secret = fetch(secret)?;
            let way = network.way();
            let way = way.map_err(|source| SqlServerError::Network { server: name(settings), source })?;
            let fault = |fault| SqlServerError::Token { server: name(settings), authority: authority.clone(), fault };
            let application = Application { authority, tenant, client, secret: &secret };
            let token = token(application, SCOPE, &way, settings.patience.login).await.map_err(fault)?;
            AuthMethod::aad_token(token.expose_secret())
        }
        #[cfg(windows)]
        Login::Windows => AuthMethod::Integrated,
        #[cfg(windows)]
        Login::Ntlm { domain, user, password } => {
            let account = domain.as_ref().map_or_else(|| user.clone(), |domain| format!("{domain}\\{user}"));
            AuthMethod::windows(account, fetch(password)?.expose_secret())
        }
        // The configuration refuses these here, with its line.
        #[cfg(not(windows))]
        Login::Windows | Login::Ntlm { .. } => AuthMethod::None,
    })
}
