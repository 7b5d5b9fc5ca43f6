// The servers of a mailbox: protocol and security put the usual port into its field, unless the port there is one of a
// kind; the protocol also changes a known server's name, and what can be done after import; a provider fills in all.
import { onAdded } from "./elements.js";

function portsOf(security) {
  const usual = JSON.parse(security.dataset.usualPorts);
  const protocol = document.getElementById(security.dataset.protocolField);
  const known = Object.values(usual).flatMap((ports) => Object.values(ports));
  return { known, ports: protocol ? usual[protocol.value] : Object.values(usual)[0] };
}

function putPort(security) {
  const field = document.getElementById(security.dataset.portField);
  const { known, ports } = portsOf(security);
  if (field.value === "" || known.includes(Number(field.value))) field.value = ports[security.value];
}

function swapHost(protocol) {
  const { provider, host } = protocol.form.elements;
  const presets = Object.values(JSON.parse(provider.dataset.presets));
  const known = presets.find((preset) => [preset.imap, preset.pop3].includes(host.value));
  if (known && known[protocol.value]) host.value = known[protocol.value];
}

function followProtocol(protocol) {
  document.getElementById(protocol.dataset.hostsField).setAttribute("list", `${protocol.value}-hosts`);
  const impossible = JSON.parse(protocol.dataset.impossible)[protocol.value];
  const choices = [...(protocol.form.elements[protocol.dataset.impossibleField] ?? [])]; // asked on another page while setting up
  for (const choice of choices) choice.disabled = impossible.includes(choice.value);
  if (choices.some((choice) => choice.checked && choice.disabled)) choices.find((choice) => !choice.disabled).checked = true;
}

function fillIn(provider) {
  const preset = JSON.parse(provider.dataset.presets)[provider.value];
  if (!preset) return;
  const fields = provider.form.elements;
  if (!preset[fields.protocol.value]) fields.protocol.value = "imap";
  fields.host.value = preset[fields.protocol.value];
  fields.security.value = "tls";
  fields.smtp_host.value = preset.smtp;
  fields.smtp_security.value = preset.smtp_security;
  for (const [port, security] of [["port", "security"], ["smtp_port", "smtp_security"]]) {
    fields[port].value = portsOf(fields[security]).ports[fields[security].value];
  }
  followProtocol(fields.protocol);
}

document.addEventListener("change", (event) => {
  const select = event.target;
  if (select.matches("select[data-usual-ports]")) putPort(select);
  if (select.matches("select[data-presets]")) fillIn(select);
  if (select.matches("select[data-security-field]")) {
    putPort(document.getElementById(select.dataset.securityField));
    swapHost(select);
    followProtocol(select);
  }
});

onAdded("select[data-security-field]", followProtocol);
