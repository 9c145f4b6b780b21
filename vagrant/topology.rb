# lab/topology.conf for the Vagrantfile: its lines "KIND NAME WORD…".
class Topology
  Machine = Struct.new(:name, :cards)
  # A network card: the network that it is in, its first IPv4 address with the prefix's mask, and its hardware address.
  Card = Struct.new(:network, :address, :netmask, :mac)

  def initialize(file)
    @lines = File.readlines(file).map { |line| line.sub(/#.*/, "").split }.reject(&:empty?)
  end

  def of(kind)
    @lines.select { |words| words[0] == kind }.map { |words| words.drop(1) }
  end

  def networks
    of("network").map(&:first)
  end

  def machines
    of("machine").each_with_index.map { |(name, *hosts), index| Machine.new(name, hosts.empty? ? router_cards(index) : [host_card(hosts.first, index)]) }
  end

  private

  def router_cards(index)
    of("network").map { |network, *addresses| card(network, addresses, index) }
  end

  def host_card(host, index)
    _, network, *addresses = of("host").find { |words| words[0] == host } || raise("topology.conf has no host '#{host}'")
    card(network, addresses, index)
  end

  # 52:54:00 is QEMU's own; "25" is this project's, then network and machine.
  def card(network, addresses, machine)
    address, length = addresses.find { |word| !word.include?(":") }.split("/")
    mask = [0xffffffff << (32 - length.to_i) & 0xffffffff].pack("N").unpack("C4").join(".")
    Card.new(network, address, mask, format("52540025%02x%02x", networks.index(network) + 1, machine + 1))
  end
end
