import { escapeText } from '../show.js';

/** How a supervisor starts the daemon: by itself, `daemon run`. */
export interface UnitCommand {
  /** Absolute paths: supervisors start programs without the user's PATH. */
  node: string;
  program: string;
}

/** The unit file or property list of each supervisor. */
export const units: ReadonlyMap<string, (command: UnitCommand) => string> = new Map([
  ['systemd', systemdUnit],
  ['launchd', launchdPlist],
]);

// systemd.service(5), "Command lines": quotes with C escapes; % and $ are doubled.
function systemdUnit({ node, program }: UnitCommand): string {
  const quote = (text: string) =>
    `"${escapeText(text).replace(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;
  return `# ~/.config/systemd/user/envhook.service
# then: envhook daemon stop; systemctl --user enable --now envhook
[Unit]
Description=envhook: keeps the variables of allowed directories ready

[Service]
ExecStart=${quote(node)} ${quote(program)} daemon run
Environment=ENVHOOK_DAEMON_IDLE=0
Restart=on-failure
UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;
}

// launchctl(1): `load` and `unload` are of before 2014. No `--` in the comment, which XML would not have.
function launchdPlist({ node, program }: UnitCommand): string {
  const text = (value: string) =>
    `<string>${value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')}</string>`;
  const words = [node, program, 'daemon', 'run'].map((word) => `    ${text(word)}\n`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- ~/Library/LaunchAgents/io.github.envhook.plist
     start, now and at each login: envhook daemon stop
       launchctl enable gui/$(id -u)/io.github.envhook
       launchctl bootstrap gui/$(id -u) ~/Library/LaunchAgents/io.github.envhook.plist
     start again after an update: launchctl kickstart -k gui/$(id -u)/io.github.envhook
     how it is: launchctl print gui/$(id -u)/io.github.envhook
     end, for good: launchctl bootout gui/$(id -u)/io.github.envhook
       rm ~/Library/LaunchAgents/io.github.envhook.plist
     For a user without a desktop session, as over ssh: user/ in place of gui/, and below
       <key>LimitLoadToSessionType</key> <string>Background</string> -->
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>io.github.envhook</string>
  <key>ProgramArguments</key>
  <array>
${words}  </array>
  <key>EnvironmentVariables</key>
  <dict>
    <key>ENVHOOK_DAEMON_IDLE</key>
    <string>0</string>
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ProcessType</key>
  <string>Background</string>
</dict>
</plist>
`;
}
