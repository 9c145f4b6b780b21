# The provisioning of a machine as one script: what it needs of the repository, and who it is. One upload, with no shared folder: under emulation each costs seconds.
class Delivery
  FILES = %w[lab/topology.conf lab/router.jsonc lab/lib/*.sh lab/mail/* vagrant/machine vagrant/provision vagrant/on-lease vagrant/*.conf vagrant/*.service].freeze
  RUNNABLE = %w[lab/mail/setup vagrant/machine vagrant/provision vagrant/on-lease].freeze

  def initialize(root, machine)
    @root, @machine = root, machine
  end

  def script
    ["set -euo pipefail", "mkdir -p /opt/op25b && cd /opt/op25b", *files.map { |file| unpack(file) }, "chmod 755 #{RUNNABLE.join(' ')}", identity, "exec vagrant/provision"].join("\n") + "\n"
  end

  private

  def files
    FILES.flat_map { |pattern| Dir.glob(pattern, base: @root).sort }.uniq
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
