//! Which proxy a host is asked by, and why: a decision of its own, so that it can be told before anybody is asked.

use std::{fmt, net::IpAddr, str::FromStr};

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Url;

/// Which proxy is asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Proxy {
    /// The one of the operating system: `HTTPS_PROXY` and its kin, and on Windows the settings of the account.
    #[default]
    System,
    /// None.
    None,
    /// This one.
    At(ProxyAddress),
}

/// The address of a proxy: `http://` or `https://`, a host and a port. Nobody's password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProxyAddress(String);

impl FromStr for ProxyAddress {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let rest = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme)).ok_or(())?;
        let (host, port) = rest.trim_end_matches('/').rsplit_once(':').ok_or(())?;
        let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
        let bare = !host.is_empty() && !host.contains(['/', '@', '?', '#']);
        let url: Url = text.parse().map_err(drop)?;
        if is_port && bare && url.has_host() { Ok(Self(text.trim_end_matches('/').to_owned())) } else { Err(()) }
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is asked without a proxy.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NoProxy(Vec<Exempt>);

/// A name, or addresses, that are asked without a proxy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Exempt {
    /// This name and all below it; without a dot in front, lower case.
    Name(String),
    /// The addresses whose first bits are these.
    Network(IpAddr, u8),
}

impl FromStr for Exempt {
    type Err = ();

    /// `council.example` or `.council.example`, `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        let (address, bits) = bare.split_once('/').map_or((bare, None), |(address, bits)| (address, Some(bits)));
        if let Ok(address) = address.parse::<IpAddr>() {
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.map_or(Ok(most), str::parse).map_err(drop)?;
            return if bits <= most { Ok(Self::Network(address, bits)) } else { Err(()) };
        }
        let name = text.strip_prefix('.').unwrap_or(text).to_ascii_lowercase();
        let letters = |label: &str| label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        let sound = name.split('.').all(|label| !label.is_empty() && letters(label));
        if sound { Ok(Self::Name(name)) } else { Err(()) }
    }
}

impl fmt::Display for Exempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Network(address, bits) => write!(f, "{address}/{bits}"),
        }
    }
}

impl NoProxy {
    /// Adds one.
    pub fn push(&mut self, exempt: Exempt) {
        self.0.push(exempt);
    }

    /// What exempts a host, by name or address, if anything does. Names are not looked up.
    pub fn exempting(&self, host: &str) -> Option<&Exempt> {
        let host = bare(host);
        let address = host.parse::<IpAddr>().ok();
        self.0.iter().find(|exempt| match (exempt, address) {
            (Exempt::Network(network, bits), Some(address)) => is_within(address, *network, *bits),
            (Exempt::Name(name), None) => {
                host.strip_suffix(name.as_str()).is_some_and(|before| before.is_empty() || before.ends_with('.'))
            }
            (Exempt::Network(..), None) | (Exempt::Name(_), Some(_)) => false,
        })
    }
}

/// A host as rules are written about it: without brackets and final dot, in lower case.
fn bare(host: &str) -> String {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let number = |address: IpAddr| match address {
        IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
        IpAddr::V6(address) => address.to_bits(),
    };
    let differ = number(address) ^ number(network);
    address.is_ipv4() == network.is_ipv4() && differ.leading_zeros() >= u32::from(bits)
}

/// Whether it is this machine itself, which is never asked by a proxy.
fn is_this_machine(host: &str) -> bool {
    let host = bare(host);
    host == "localhost" || host.ends_with(".localhost") || host.parse::<IpAddr>().is_ok_and(|at| at.is_loopback())
}

/// By which way a host is asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Route {
    /// Without a proxy.
    Direct(Because),
    /// By a proxy at this address, which holds no password.
    By(String, Because),
}

/// Why a host is asked by that way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Because {
    /// `proxy` in `[network]` says so.
    Set,
    /// `no_proxy` has this.
    Exempt(Exempt),
    /// It is this machine itself.
    ThisMachine,
    /// The operating system, or the environment, says so.
    System,
    /// Neither operating system nor environment names a proxy for it.
    NothingSet,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct(why) => write!(f, "directly, because {why}"),
            Self::By(proxy, why) => write!(f, "by the proxy {proxy}, because {why}"),
        }
    }
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set => f.write_str("'proxy' in [network] says so"),
            Self::Exempt(exempt) => write!(f, "'no_proxy' in [network] has {exempt}"),
            Self::ThisMachine => f.write_str("it is this machine itself"),
            Self::System => f.write_str("the operating system or the environment says so"),
            Self::NothingSet => f.write_str("neither the operating system nor the environment names a proxy for it"),
        }
    }
}

impl Proxy {
    /// By which way an address is asked.
    pub fn route(&self, no_proxy: &NoProxy, url: &Url) -> Route {
        self.route_in(no_proxy, url, system)
    }

    fn route_in(&self, no_proxy: &NoProxy, url: &Url, system: impl Fn(&Url) -> Option<String>) -> Route {
        let host = url.host_str().unwrap_or_default();
        if *self == Self::None {
            return Route::Direct(Because::Set);
        }
        if is_this_machine(host) {
            return Route::Direct(Because::ThisMachine);
        }
        if let Some(exempt) = no_proxy.exempting(host) {
            return Route::Direct(Because::Exempt(exempt.clone()));
        }
        match self {
            Self::At(address) => Route::By(address.to_string(), Because::Set),
            Self::System | Self::None => match system(url) {
                Some(proxy) => Route::By(proxy, Because::System),
                None => Route::Direct(Because::NothingSet),
            },
        }
    }
}

/// The proxy that the operating system, or the environment, names for an address, as the HTTP client finds it.
fn system(url: &Url) -> Option<String> {
    let proxy = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
    let (scheme, at) = (proxy.uri().scheme_str().unwrap_or("http"), proxy.uri().authority()?);
    let address = at.as_str().rsplit('@').next().unwrap_or_default();
    Some(format!("{scheme}://{address}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_proxy(entries: &[&str]) -> NoProxy {
        NoProxy(entries.iter().map(|entry| entry.parse().unwrap()).collect())
    }

    #[test]
    fn what_is_asked_without_a_proxy_follows_from_name_and_address() {
        for (entry, host, exempt) in [
            ("council.example", "council.example", true),
            ("council.example", "relay.council.example", true),
            ("council.example", "RELAY.Council.Example.", true),
            (".council.example", "council.example", true),
            (".Council.Example", "relay.council.example", true),
            ("council.example", "notcouncil.example", false),
            ("council.example", "council.example.org", false),
            ("relay", "relay", true),
            ("relay", "relay.council.example", false),
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("10.1.2.3", "10.1.2.3", true),
            ("10.1.2.3", "10.1.2.4", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false),
            ("fd00::/8", "[fd12::1]", true),
            ("[2001:db8::1]", "[2001:db8::1]", true),
            ("2001:db8::/32", "[2001:db9::1]", false),
            ("10.0.0.0/8", "ten.council.example", false),
            ("example", "10.0.0.1", false),
        ] {
            assert_eq!(no_proxy(&[entry]).exempting(host).is_some(), exempt, "{entry}: {host}");
        }
        for wrong in
            ["", ".", "a..b", "http://a", "*.council.example", "10.0.0.0/33", "fd00::/129", "a b", "10.0.0.0/x"]
        {
            assert_eq!(wrong.parse::<Exempt>(), Err(()), "{wrong}");
        }
    }

    #[test]
    fn a_proxy_has_an_address_with_a_port_and_nobodys_password() {
        for (text, sound) in [
            ("http://proxy.council.example:8080", true),
            ("http://proxy.council.example:8080/", true),
            ("https://10.0.0.1:443", true),
            ("http://[fd00::1]:3128", true),
            ("proxy.council.example:8080", false),
            ("http://proxy.council.example", false),
            ("http://proxy.council.example:0", false),
            ("http://proxy.council.example:8080/path", false),
            ("http://somebody:secret@proxy.council.example:8080", false),
            ("socks5://proxy.council.example:1080", false),
            ("http://:8080", false),
        ] {
            assert_eq!(text.parse::<ProxyAddress>().is_ok(), sound, "{text}");
        }
        assert_eq!("http://a:1/".parse::<ProxyAddress>().unwrap().to_string(), "http://a:1");
    }

    #[test]
    fn the_way_to_a_host_is_told_with_its_reason() {
        let set = Proxy::At("http://proxy:8080".parse().unwrap());
        let outside = || Some("http://other:3128".to_owned());
        let nothing = || None;
        for (proxy, address, system, told) in [
            (&Proxy::None, "https://graph.example/", outside(), "directly, because 'proxy' in [network] says so"),
            (
                &set,
                "https://graph.example/",
                outside(),
                "by the proxy http://proxy:8080, because 'proxy' in [network] says so",
            ),
            (
                &set,
                "https://in.council.example/",
                outside(),
                "directly, because 'no_proxy' in [network] has council.example",
            ),
            (
                &Proxy::System,
                "https://in.council.example/",
                outside(),
                "directly, because 'no_proxy' in [network] has council.example",
            ),
            (&set, "http://127.0.0.1:9/", outside(), "directly, because it is this machine itself"),
            (&set, "https://[::1]/", outside(), "directly, because it is this machine itself"),
            (&Proxy::System, "https://LOCALHOST/", outside(), "directly, because it is this machine itself"),
            (
                &Proxy::System,
                "https://graph.example/",
                outside(),
                "by the proxy http://other:3128, because the operating system or the environment says so",
            ),
            (
                &Proxy::System,
                "https://graph.example/",
                nothing(),
                "directly, because neither the operating system nor the environment names a proxy for it",
            ),
        ] {
            let route = proxy.route_in(&no_proxy(&["council.example"]), &address.parse().unwrap(), |_| system.clone());
            assert_eq!(route.to_string(), told, "{proxy:?}, {address}");
        }
    }
}
