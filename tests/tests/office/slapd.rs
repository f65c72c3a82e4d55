//! A real directory for tests: slapd of Debian on loopback, with a data folder and a certificate of its own.

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The directory; it ends with the test.
pub(crate) struct Slapd {
    pub(crate) port: u16,
    dir: tempfile::TempDir,
    child: Option<Child>,
}

impl Slapd {
    /// A directory of these entries, in LDIF, below [`BASE`].
    pub(crate) fn start(entries: &str) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = free.local_addr().expect("an address").port();
        drop(free);
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let made = rcgen::generate_simple_self_signed(names).expect("a certificate");
        std::fs::write(dir.path().join("cert.pem"), made.cert.pem()).expect("a file");
        std::fs::write(dir.path().join("key.pem"), made.signing_key.serialize_pem()).expect("a file");
        let mut slapd = Self { port, dir, child: None };
        slapd.hold(entries);
        slapd
    }

    /// Where the certificate is by which it is known.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    /// Begins anew with other entries, at the same place.
    pub(crate) fn hold(&mut self, entries: &str) {
        self.stop();
        let dir = self.dir.path();
        let data = dir.join("data");
        let _ = std::fs::remove_dir_all(&data);
        std::fs::create_dir(&data).expect("a directory");
        std::fs::write(dir.join("slapd.conf"), configuration(dir)).expect("a file");
        std::fs::write(dir.join("entries.ldif"), format!("{ROOT}\n{entries}")).expect("a file");
        let filled = Command::new(SLAPD)
            .args(["-T", "add", "-f"])
            .arg(dir.join("slapd.conf"))
            .arg("-l")
            .arg(dir.join("entries.ldif"))
            .output()
            .expect("slapd of Debian: see scripts/need-debian");
        assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));

        let mut child = Command::new(SLAPD)
            .args(["-d", "256", "-h", &format!("ldap://localhost:{}/", self.port), "-f"])
            .arg(dir.join("slapd.conf"))
            .stderr(Stdio::piped())
            .spawn()
            .expect("slapd starts");
        let mut told = BufReader::new(child.stderr.take().expect("its words")).lines();
        let began = told.by_ref().map_while(Result::ok).any(|line| line.contains("slapd starting"));
        assert!(began, "slapd did not start");
        // It must be listened to, or it stops talking and working.
        std::thread::spawn(move || told.count());
        // It says so a moment before it listens, and says nothing when it does.
        let patience = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < patience, "slapd does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
        self.child = Some(child);
    }

    /// Is away from now on.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Nothing is told before the connection is encrypted, and people only to us.
fn configuration(dir: &Path) -> String {
    let dir = dir.display();
    format!(
        r#"include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {dir}/slapd.pid
TLSCACertificateFile {dir}/cert.pem
TLSCertificateFile {dir}/cert.pem
TLSCertificateKeyFile {dir}/key.pem
security simple_bind=128
database mdb
suffix "{BASE}"
rootdn "cn=root,{BASE}"
directory {dir}/data
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{READER}" read by * auth
"#
    )
}

const SLAPD: &str = "/usr/sbin/slapd";
pub(crate) const BASE: &str = "dc=mae,dc=example";
pub(crate) const READER: &str = "cn=palabre,dc=mae,dc=example";
pub(crate) const READER_PASSWORD: &str = "look into it";
const ROOT: &str = "dn: dc=mae,dc=example
objectClass: organization
objectClass: dcObject
o: Ministry
dc: mae

dn: cn=palabre,dc=mae,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: palabre
userPassword: look into it
";
