# The provisioning of a machine as one script: what it needs of the repository, and who it is. One upload, with no shared folder: under emulation each costs seconds.
class Delivery
  FILES = %w[lab/topology.conf lab/router.jsonc lab/lib/*.sh lab/mail/* vagrant/machine vagrant/provision vagrant/on-lease vagrant/*.conf vagrant/*.service].freeze
  # What the router's package is made of, beside its program: it is built on the machine, for not every computer with Vagrant has dpkg.
  PACKAGE = %w[deploy/build-deb deploy/debian/* deploy/systemd/*.service deploy/systemd/*.sysusers deploy/systemd/networkd/* deploy/recipes/* docs/service.md docs/configuration.md docs/recipes.md
               docs/op25b-router.8 docs/examples/*.jsonc CHANGELOG.md LICENSE Directory.Build.props].freeze
  RUNNABLE = %w[lab/mail/setup vagrant/machine vagrant/provision vagrant/on-lease deploy/build-deb deploy/recipes/wan-dhcp deploy/recipes/wan-lease].freeze

  def initialize(root, machine)
    @root, @machine = root, machine
  end

  def script
    ["set -euo pipefail", "mkdir -p /opt/op25b && cd /opt/op25b", *files.map { |file| unpack(file) }, "chmod 755 #{(RUNNABLE & files).join(' ')}", identity, "exec vagrant/provision"].join("\n") + "\n"
  end

  private

  def files
    (@machine.name == "router" ? FILES + PACKAGE : FILES).flat_map { |pattern| Dir.glob(pattern, base: @root).reject { |file| File.directory?(File.join(@root, file)) }.sort }.uniq
  end

  # Windows may have given the files its own ends of line.
  def unpack(file)
    text = File.binread(File.join(@root, file)).gsub("\r\n", "\n")
    "mkdir -p #{File.dirname(file)} && base64 -d >#{file} <<'END'\n#{[text].pack('m')}END"
  end

  def identity
    cards = @machine.cards.map { |card| "nic_#{card.network}=#{card.mac.scan(/../).join(':')}\n" }.join
    "cat >/etc/op25b-machine <<'END'\nmachine=#{@machine.name}\n#{cards}END"
  end
end
