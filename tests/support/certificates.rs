//! A CA and certificates of it, by the openssl command.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A folder with a CA in it: `ca.pem` and `ca.key`.
pub struct Authority {
    folder: TempDir,
}

impl Authority {
    /// A new one.
    pub fn new() -> Self {
        let ca = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        ca.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem");
        ca
    }

    /// Where a file of its is, as text.
    pub fn file(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A certificate for two days, as `name.pem` and `name.key`.
    pub fn issue(&self, name: &str, alternative_names: &str) {
        self.request(name, alternative_names);
        self.openssl(&format!("x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile extensions -out {name}.pem"));
    }

    /// One that was valid in the year 2020.
    pub fn issue_expired(&self, name: &str, alternative_names: &str) {
        self.issue_between(
            name,
            alternative_names,
            "20200101000000Z",
            "20201231000000Z",
        );
    }

    /// One that ends in so many seconds.
    pub fn issue_for_seconds(&self, name: &str, alternative_names: &str, seconds: u32) {
        let mut command = Command::new("date");
        command.args(["-u", "-d", &format!("+{seconds} seconds"), "+%Y%m%d%H%M%SZ"]);
        let end = String::from_utf8(command.output().unwrap().stdout).unwrap();
        self.issue_between(name, alternative_names, "20200101000000Z", end.trim());
    }

    /// By `openssl ca`: `openssl x509` cannot be told dates everywhere.
    fn issue_between(&self, name: &str, alternative_names: &str, start: &str, end: &str) {
        self.request(name, alternative_names);
        let config = "[ca]\ndefault_ca=ours\n[ours]\ndatabase=index\nserial=numbers\nnew_certs_dir=.\nprivate_key=ca.key\n\
                      certificate=ca.pem\ndefault_md=sha256\npolicy=any\nunique_subject=no\n[any]\norganizationName=optional\ncommonName=supplied\n";
        std::fs::write(self.path("ca.cnf"), config).unwrap();
        std::fs::write(self.path("index"), "").unwrap();
        std::fs::write(self.path("numbers"), "10\n").unwrap();
        self.openssl(&format!("ca -batch -config ca.cnf -in {name}.csr -startdate {start} -enddate {end} -extfile extensions -notext -out {name}.pem"));
    }

    fn request(&self, name: &str, alternative_names: &str) {
        let mut extensions = "basicConstraints=CA:FALSE\n".to_owned();
        if !alternative_names.is_empty() {
            extensions += &format!("subjectAltName={alternative_names}\n");
        }
        std::fs::write(self.path("extensions"), extensions).unwrap();
        self.openssl(&format!("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /O=Example/CN={name} -keyout {name}.key -out {name}.csr"));
    }

    fn openssl(&self, line: &str) {
        let done = Command::new("openssl")
            .args(line.split(' '))
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{line}: {said}");
    }
}

/// Files as Kubernetes mounts a secret: each is a link into `..data`, which is a link to a folder that is never changed,
/// and is swapped for another at once.
pub struct Mount {
    folder: TempDir,
    generation: u32,
}

impl Mount {
    /// With these files: their names, and where their contents are.
    pub fn new(files: &[(String, String)]) -> Self {
        let mut mount = Self {
            folder: tempfile::tempdir().unwrap(),
            generation: 0,
        };
        mount.swap(files);
        for (name, _) in files {
            let link = mount.folder.path().join(name);
            std::os::unix::fs::symlink(Path::new("..data").join(name), link).unwrap();
        }
        mount
    }

    /// Where a file is, as text.
    pub fn file(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    /// Swaps all files for these.
    pub fn swap(&mut self, files: &[(String, String)]) {
        self.generation += 1;
        let generation = format!("..{}", self.generation);
        let folder = self.folder.path();
        std::fs::create_dir(folder.join(&generation)).unwrap();
        for (name, from) in files {
            std::fs::copy(from, folder.join(&generation).join(name)).unwrap();
        }
        let next = folder.join("..data_tmp");
        std::os::unix::fs::symlink(&generation, &next).unwrap();
        std::fs::rename(next, folder.join("..data")).unwrap();
    }
}
