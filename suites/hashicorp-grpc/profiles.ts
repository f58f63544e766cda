/** The host profiles that ship with this system, by name. */
import boundary from './profiles/boundary.plugfest.yaml';
import conduit from './profiles/conduit.plugfest.yaml';
import crowdsec from './profiles/crowdsec.plugfest.yaml';
import goPluginExamples from './profiles/go-plugin-examples.plugfest.yaml';
import grafana from './profiles/grafana.plugfest.yaml';
import jaeger from './profiles/jaeger.plugfest.yaml';
import nomad from './profiles/nomad.plugfest.yaml';
import packer from './profiles/packer.plugfest.yaml';
import sentinel from './profiles/sentinel.plugfest.yaml';
import steampipe from './profiles/steampipe.plugfest.yaml';
import terraform from './profiles/terraform.plugfest.yaml';
import tflint from './profiles/tflint.plugfest.yaml';
import vault from './profiles/vault.plugfest.yaml';
import vaultDatabase from './profiles/vault-database.plugfest.yaml';
import velero from './profiles/velero.plugfest.yaml';
import waypoint from './profiles/waypoint.plugfest.yaml';

export const profiles: Readonly<Record<string, unknown>> = {
  boundary,
  conduit,
  crowdsec,
  'go-plugin-examples': goPluginExamples,
  grafana,
  jaeger,
  nomad,
  packer,
  sentinel,
  steampipe,
  terraform,
  tflint,
  vault,
  'vault-database': vaultDatabase,
  velero,
  waypoint,
};
