//! The way out: a proxy that follows a script, a service behind it whose certificate an authority of the test's own has signed,
//! and whatever may stand in the way.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use cld_agent::{
    config::{Network, ProxyLogin, SecretRef},
    sys::{
        fs::write_whole,
        proxy::{Because, Proxy, Route},
        trouble::Trouble,
    },
};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer},
};

/// How the service is called. Nobody knows it but the proxy.
const NAME: &str = "service.council.example";
const PATIENCE: Duration = Duration::from_secs(3);

/// An authority that no machine knows.
struct Authority {
    params: CertificateParams,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self { params, key: KeyPair::generate().unwrap() }
    }

    /// Its certificate, in a file.
    fn file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("council-ca.pem");
        write_whole(&path, self.params.self_signed(&self.key).unwrap().pem().as_bytes()).unwrap();
        path
    }

    /// Serves "well" over TLS under a name, until the test is over; the port.
    fn serves(&self, name: &str, until: i32) -> u16 {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &Issuer::from_params(&self.params, &self.key)).unwrap();
        let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .unwrap();
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(config.clone()).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                let mut request = [0; 4096];
                if stream.read(&mut request).is_ok() {
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nwell");
                }
            }
        });
        port
    }
}

/// What a proxy was asked for: the line, and the login.
type Asked = (String, Option<String>);

/// A proxy that takes CONNECT, and what it was asked for: the line and the login.
struct ScriptedProxy {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl ScriptedProxy {
    /// Every name leads to this port; without `login`, if there must be one, nobody is let through.
    fn begin(service: u16, login: Option<&'static str>, refuses: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = asked.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
                let Some(first) = lines.next() else { continue };
                let headers: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
                let given = headers.iter().find_map(|line| {
                    let (name, value) = line.split_once(": ")?;
                    name.eq_ignore_ascii_case("proxy-authorization").then(|| value.to_owned())
                });
                log.lock().unwrap().push((first, given.clone()));
                let answer = match refuses {
                    Some(refusal) => refusal,
                    None if login.is_some() && given.as_deref() != login => {
                        "HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"p\"\r\n\r\n"
                    }
                    None => "HTTP/1.1 200 Connection established\r\n\r\n",
                };
                stream.write_all(answer.as_bytes()).unwrap();
                if answer.starts_with("HTTP/1.1 200") {
                    tunnel(stream, TcpStream::connect(("127.0.0.1", service)).unwrap());
                }
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    fn network(&self, extra_ca: Option<PathBuf>) -> Network {
        let proxy = Proxy::At(format!("http://127.0.0.1:{}", self.port).parse().unwrap());
        Network { proxy, extra_ca, ..Network::default() }
    }
}

fn tunnel(one: TcpStream, other: TcpStream) {
    let carry = |mut from: TcpStream, mut to: TcpStream| {
        thread::spawn(move || {
            let _ = std::io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Both);
        })
    };
    carry(one.try_clone().unwrap(), other.try_clone().unwrap());
    carry(other, one);
}

/// Asks an address by this network: what came back, or what stood in the way.
fn ask(network: &Network, address: &str) -> Result<String, Trouble> {
    let url = address.parse().unwrap();
    let client = network.way().unwrap().client(&url, PATIENCE).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let answer = client.get(url).send().await.map_err(|error| Trouble::of(&error))?;
        answer.text().await.map_err(|error| Trouble::of(&error))
    })
}

fn service() -> String {
    format!("https://{NAME}/")
}

#[test]
fn a_service_is_asked_by_the_proxy_and_its_authority_is_believed_where_that_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let proxy = ScriptedProxy::begin(authority.serves(NAME, 2099), None, None);
    let network = proxy.network(Some(authority.file(folder.path())));
    assert_eq!(ask(&network, &service()), Ok("well".to_owned()));
    assert_eq!(proxy.asked(), [(format!("CONNECT {NAME}:443 HTTP/1.1"), None)]);
    // The operating system does not know that authority.
    assert_eq!(ask(&proxy.network(None), &service()), Err(Trouble::UnknownIssuer));
    let told = Trouble::UnknownIssuer.to_string();
    assert!(told.contains("inspects TLS") && told.contains("'extra_ca' in [network]"), "{told}");
}

#[test]
fn a_proxy_that_asks_for_a_login_gets_it_from_where_the_configuration_says() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    // cld-agent:open sesame
    let login = "Basic Y2xkLWFnZW50Om9wZW4gc2VzYW1l";
    let proxy = ScriptedProxy::begin(authority.serves(NAME, 2099), Some(login), None);
    let stranger = proxy.network(Some(authority.file(folder.path())));
    assert_eq!(ask(&stranger, &service()), Err(Trouble::ProxyLogin));
    let password = SecretRef::File(folder.path().join("password"));
    write_whole(&folder.path().join("password"), b"open sesame\n").unwrap();
    let known = Network { login: Some(ProxyLogin { user: "cld-agent".to_owned(), password }), ..stranger };
    assert_eq!(ask(&known, &service()), Ok("well".to_owned()));
    assert_eq!(proxy.asked().last().unwrap().1.as_deref(), Some(login));
    assert!(!format!("{known:?} {:?}", known.way().unwrap()).contains("sesame"));
}

#[test]
fn what_is_exempt_and_this_machine_itself_are_asked_directly() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let port = authority.serves("localhost", 2099);
    let proxy = ScriptedProxy::begin(port, None, None);
    let mut network = proxy.network(Some(authority.file(folder.path())));
    assert_eq!(ask(&network, &format!("https://localhost:{port}/")), Ok("well".to_owned()));
    // Without the proxy nobody knows the name.
    network.no_proxy.push("council.example".parse().unwrap());
    assert_eq!(ask(&network, &service()), Err(Trouble::Name));
    assert_eq!(proxy.asked(), [], "it was not asked at all");
    let way = network.way().unwrap();
    assert!(matches!(way.route(&service().parse().unwrap()), Route::Direct(Because::Exempt(_))));
}

#[test]
fn what_stands_in_the_way_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let believed = authority.file(folder.path());
    let by = |service: u16, refuses| ScriptedProxy::begin(service, None, refuses).network(Some(believed.clone()));
    let other = by(authority.serves("other.council.example", 2099), None);
    assert_eq!(ask(&other, &service()), Err(Trouble::OtherName));
    let expired = by(authority.serves(NAME, 2020), None);
    assert_eq!(ask(&expired, &service()), Err(Trouble::Expired));
    let forbidden = by(1, Some("HTTP/1.1 403 Forbidden\r\n\r\n"));
    assert_eq!(ask(&forbidden, &service()), Err(Trouble::ProxyRefused));

    // A service that speaks no TLS, one that says nothing, and none at all.
    let plain = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = plain.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in plain.incoming() {
            let mut stream = stream.unwrap();
            // What is left unread would break the line before the answer is there.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"220 relay.council.example ESMTP\r\n");
        }
    });
    let direct = Network { proxy: Proxy::None, ..Network::default() };
    assert_eq!(ask(&direct, &format!("https://127.0.0.1:{port}/")), Err(Trouble::Tls));
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://{}/", silent.local_addr().unwrap());
    assert_eq!(ask(&direct, &address), Err(Trouble::Silent));
    drop(silent);
    assert_eq!(ask(&direct, &address), Err(Trouble::Refused));
    let nobody = Network { proxy: Proxy::At(address.replace("https", "http").parse().unwrap()), ..Network::default() };
    assert_eq!(ask(&nobody, &service()), Err(Trouble::Refused), "nothing listens where the proxy should");
}

#[test]
fn what_is_missing_here_is_told_before_anybody_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("no-such-file");
    let network = Network { extra_ca: Some(missing.clone()), ..Network::default() };
    assert!(network.way().unwrap_err().to_string().starts_with("read the certificates in"));
    let login = ProxyLogin { user: "cld-agent".to_owned(), password: SecretRef::File(missing) };
    let network = Network { login: Some(login), ..Network::default() };
    assert!(network.way().unwrap_err().to_string().starts_with("read the secret in"));
}
