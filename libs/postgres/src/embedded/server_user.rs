//! PostgreSQL refuses to run as root; this is the user that it runs as then.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::EmbeddedError;

/// Users that will do, best first. `patron` is made when neither it nor `postgres` exists.
const CANDIDATES: [&str; 3] = ["postgres", "patron", "nobody"];
const TO_MAKE: &str = "patron";

/// An unprivileged user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ServerUser {
    pub(crate) name: &'static str,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl ServerUser {
    /// Whom to run the server as: nobody else unless this process is root's.
    pub(crate) fn choose() -> Result<Option<Self>, EmbeddedError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let [first, ..] = CANDIDATES;
        let user = Self::look_up(first)
            .or_else(|| Self::look_up(TO_MAKE))
            .or_else(Self::make);
        let user = user.or_else(|| CANDIDATES.iter().find_map(|name| Self::look_up(name)));
        user.map(Some).ok_or(EmbeddedError::NoUser {
            tried: CANDIDATES.to_vec(),
        })
    }

    /// Asks `id`, which knows of every source of users that the machine has.
    fn look_up(name: &'static str) -> Option<Self> {
        let ask = |option| {
            let output = Command::new("id")
                .args([option, name])
                .stderr(Stdio::null())
                .output();
            let output = output.ok().filter(|output| output.status.success())?;
            String::from_utf8(output.stdout).ok()?.trim().parse().ok()
        };
        Some(Self {
            name,
            uid: ask("-u")?,
            gid: ask("-g")?,
        })
    }

    fn make() -> Option<Self> {
        let useradd = [
            "useradd",
            "--system",
            "--no-create-home",
            "--shell",
            "/bin/false",
            TO_MAKE,
        ];
        let adduser = ["adduser", "-S", "-D", "-H", TO_MAKE]; // busybox
        let run = |command: &[&str]| {
            let (program, arguments) = command.split_first()?;
            let status = Command::new(program).args(arguments).status().ok()?;
            status.success().then_some(())
        };
        run(&useradd).or_else(|| run(&adduser))?;
        Self::look_up(TO_MAKE)
    }

    /// Whether this user can pass through every folder down to `folder` and enter it.
    pub(super) fn can_enter(&self, folder: &Path) -> bool {
        let mut test = command(Path::new("test"), Some(self));
        test.arg("-x")
            .arg(folder)
            .status()
            .is_ok_and(|status| status.success())
    }
}

/// A command that runs as `user`, knows nothing of this process's terminal and session, and finds
/// no setting of PostgreSQL in its environment.
pub(super) fn command(program: &Path, user: Option<&ServerUser>) -> Command {
    let mut command = Command::new(program);
    // Ctrl-C in the terminal is for this process: the server must outlive the services' drain.
    command
        .process_group(0)
        .current_dir("/")
        .stdin(Stdio::null());
    for name in [
        "PGDATA",
        "PGHOST",
        "PGPORT",
        "PGUSER",
        "PGDATABASE",
        "PGOPTIONS",
        "PGTZ",
    ] {
        command.env_remove(name);
    }
    // Messages in English, since some are looked for; and macOS starts no server without it.
    command.env("LC_ALL", "C");
    if let Some(user) = user {
        // With the uid the standard library also drops root's supplementary groups.
        command.uid(user.uid).gid(user.gid);
    }
    command
}
