# What can be said of the Vagrantfile without a machine: that it asks the same of both providers, and that a host that lacks something is told so in one line.
# vagrant/e2e.sh runs it; by hand: ruby vagrant/checks.rb
require "fileutils"
require "json"
require "open3"
require "tmpdir"

# In a process of its own for each provider: what Vagrant itself makes of the Vagrantfile.
if ARGV[0] == "--settings"
  require "vagrant"
  provider = ARGV[1].to_sym
  environment = Vagrant::Environment.new(cwd: ARGV[2] || File.dirname(__dir__), ui_class: Vagrant::UI::Silent)
  puts JSON.generate(environment.machine_names.to_h { |name|
    config = environment.vagrantfile.machine_config(name, provider, environment.boxes, nil, false)[:config]
    own = config.vm.get_provider_config(provider)
    orders = provider == :virtualbox ? own.customizations.map(&:last) : []
    [name, { box: config.vm.box, networks: config.vm.networks.reject { |_, options| options[:id] == "ssh" }.map { |kind, options| [kind, options.except(:id)] }, orders: orders,
             memory: provider == :virtualbox ? orders.find { |order| order.include?("--memory") }.last.to_i : own.memory,
             provisioners: config.vm.provisioners.map { |one| [one.type, one.type == :shell ? one.config.inline : one.config.source] } }]
  })
  exit
end

require "minitest/autorun"
require_relative "preflight"
require_relative "topology"

class SettingsTest < Minitest::Test
  ROOT = File.expand_path("..", __dir__)

  def self.settings(provider, root = ROOT)
    output, status = Open3.capture2({ "VAGRANT_DEFAULT_PROVIDER" => provider, "VAGRANT_CWD" => nil }, RbConfig.ruby, __FILE__, "--settings", provider, root)
    raise "vagrant does not take the Vagrantfile for #{provider}" unless status.success?

    JSON.parse(output)
  end

  LIBVIRT = settings("libvirt")
  VIRTUALBOX = settings("virtualbox")
  MACHINES = Topology.new(File.join(__dir__, "..", "lab", "topology.conf")).machines

  def test_both_providers_get_the_machines_of_the_topology
    assert_equal MACHINES.map(&:name), LIBVIRT.keys
    assert_equal MACHINES.map(&:name), VIRTUALBOX.keys
  end

  def test_both_providers_get_the_same_memory_cards_ports_and_provisioning
    MACHINES.each do |machine|
      %w[memory networks provisioners].each { |what| assert_equal LIBVIRT[machine.name][what], VIRTUALBOX[machine.name][what], "#{machine.name}: #{what}" }
    end
  end

  def test_each_card_is_in_the_same_network_with_the_same_hardware_address_and_none_has_the_host_s
    MACHINES.each do |machine|
      cards = LIBVIRT[machine.name]["networks"].select { |kind, _| kind == "private_network" }.map(&:last)
      assert_equal machine.cards.map { |card| ["op25b-#{card.network}", "op25b-#{card.network}", card.mac, "veryisolated", false] },
                   cards.map { |card| card.values_at("libvirt__network_name", "virtualbox__intnet", "mac", "libvirt__forward_mode", "auto_config") }
    end
    assert_equal MACHINES.sum { |machine| machine.cards.length }, MACHINES.flat_map { |machine| machine.cards.map(&:mac) }.uniq.length
  end

  # Behind a card are the router's own address, and those of home and fixed.
  def test_virtualbox_lets_every_card_see_frames_for_other_addresses
    MACHINES.each do |machine|
      assert_equal (2..machine.cards.length + 1).map { |number| "--nicpromisc#{number}" }, VIRTUALBOX[machine.name]["orders"].map { |order| order[2] }.grep(/promisc/)
    end
  end

  def test_a_network_that_is_changed_in_the_topology_is_changed_in_the_machines
    Dir.mktmpdir do |folder|
      %w[Vagrantfile lab].each { |part| FileUtils.cp_r(File.join(ROOT, part), folder) }
      FileUtils.mkdir(File.join(folder, "vagrant"))
      FileUtils.cp(Dir.glob(File.join(__dir__, "*")).select { |file| File.file?(file) }, File.join(folder, "vagrant"))
      topology = File.join(folder, "lab", "topology.conf")
      File.write(topology, File.read(topology).gsub("198.51.100.", "192.0.2."))
      cards = self.class.settings("libvirt", folder).values.flat_map { |machine| machine["networks"] }.select { |kind, _| kind == "private_network" }.map { |_, options| options["ip"] }
      assert_equal LIBVIRT.values.flat_map { |machine| machine["networks"] }.select { |kind, _| kind == "private_network" }.map { |_, options| options["ip"].sub("198.51.100.", "192.0.2.") }, cards
      assert_includes cards, "192.0.2.254"
    end
  end

  # They are lab/topology.conf's, for the lab as well.
  def test_no_address_of_the_topology_is_written_a_second_time
    addresses = File.read(File.join(__dir__, "..", "lab", "topology.conf")).scan(%r{[0-9a-f:.]+(?=/\d)}).uniq
    assert_operator addresses.length, :>, 20
    [File.join(__dir__, "..", "Vagrantfile"), *Dir.glob(File.join(__dir__, "**", "*")).reject { |file| File.directory?(file) || file.include?("/out/") || file == __FILE__ }].each do |file|
      text = File.read(file)
      assert_empty addresses.select { |address| text.match?(/(?<![0-9a-f:.])#{Regexp.escape(address)}(?![0-9])/) }, file
    end
  end

  # VirtualBox's own command need not be here for that: Vagrant asks it for its version alone.
  def test_vagrant_validates_the_file_for_each_provider
    Dir.mktmpdir do |folder|
      File.write(File.join(folder, "VBoxManage"), "#!/bin/sh\necho 7.0.20r163906\n", perm: 0o755)
      %w[libvirt virtualbox].each do |provider|
        said, status = Open3.capture2e({ "VAGRANT_DEFAULT_PROVIDER" => provider, "PATH" => "#{folder}:#{ENV['PATH']}" }, "vagrant", "validate", chdir: File.join(__dir__, ".."))
        assert status.success?, "#{provider}: #{said}"
      end
    end
  end

  def test_virtualbox_takes_debian_s_box
    assert_equal ["debian/bookworm64"], VIRTUALBOX.values.map { |machine| machine["box"] }.uniq
  end
end

class PreflightTest < Minitest::Test
  # A host that has everything, but for what a test takes away.
  class Fake < Preflight::Host
    def initialize(**lacks) = @lacks = lacks

    { virtualbox?: true, libvirt_plugin?: true, libvirt_socket?: true, kvm?: true, virtualisation?: true, memory: 8000, box?: true, domains: [], addresses: ["192.168.25.7"] }.each do |name, value|
      define_method(name) { @lacks.fetch(name, value) }
    end
    def port_free?(_) = @lacks.fetch(:port_free?, true)
    def file?(_) = @lacks.fetch(:file?, true)
  end

  def refusal(provider, existing: [], **lacks)
    Preflight.new(provider: provider, binary: "out/op25b-router", machines: %w[router client mta external-mta], existing: existing, metrics_port: 9125, host: Fake.new(**lacks)).check
    nil
  rescue Preflight::Problem => problem
    problem.message
  end

  def refute_up(pattern, provider, **lacks)
    message = refusal(provider, **lacks)
    assert_match pattern, message.to_s
    refute_includes message, "\n"
    assert_match(/: \S/, message, "it has no mend")
  end

  def test_a_host_that_has_everything_is_refused_nothing
    %w[libvirt virtualbox].each { |provider| assert_nil refusal(provider) }
    assert_nil refusal("libvirt", kvm?: false, memory: 6400)
  end

  def test_no_provider = refute_up(/neither libvirt nor VirtualBox.*apt-get install/, nil)
  def test_no_virtualbox = refute_up(/VirtualBox is not installed: get it/, "virtualbox", virtualbox?: false)
  def test_no_plugin = refute_up(/plugin is missing: sudo apt-get install/, "libvirt", libvirt_plugin?: false)
  def test_libvirt_is_not_running = refute_up(/not running: sudo systemctl start libvirtd/, "libvirt", libvirt_socket?: false)
  def test_a_kvm_without_the_processor_s_help_is_none
    host = Preflight::Host.new
    host.define_singleton_method(:virtualisation?) { false }
    refute host.kvm?
  end

  def test_no_virtualisation = refute_up(/nested virtualisation on/, "virtualbox", virtualisation?: false)
  def test_no_box = refute_up(%r{vagrant/box/build}, "libvirt", kvm?: false, box?: false)
  def test_no_program = refute_up(%r{out/op25b-router is not there: vagrant/publish}, "virtualbox", file?: false)
  def test_too_little_memory = refute_up(/need about 2600 MB of memory, and 2000 MB are free/, "virtualbox", memory: 2000)
  def test_too_little_memory_to_emulate = refute_up(/need about 6400 MB/, "libvirt", kvm?: false, memory: 6399)
  def test_too_little_memory_has_its_mend = refute_up(/free 600 MB more \(.*\), or begin with `vagrant up router client`, which needs 1300 MB\z/, "virtualbox", memory: 2000)
  def test_too_little_memory_for_the_rest_has_its_mend = assert_match(/\A2 machines .*: free 1300 MB more .*, or destroy another machine/, refusal("virtualbox", existing: %w[router client], memory: 0))
  def test_the_tests_on_machines_have_enough = assert_nil(Preflight.lacking_for_tests(Fake.new(memory: 3800)))
  def test_the_tests_on_machines_say_what_they_lack
    assert_match(/need about 3800 MB, and 3000 MB are free: free 800 MB more \(.*\), or run it on a larger computer\z/, Preflight.lacking_for_tests(Fake.new(memory: 3000)))
    assert_match(/need about 7500 MB, and 7000 MB are free: free 500 MB more .* KVM, where 3800 MB are enough\z/, Preflight.lacking_for_tests(Fake.new(memory: 7000, kvm?: false)))
  end

  def test_machines_of_an_earlier_run = refute_up(/left op25b_mta behind.*undefine/, "libvirt", domains: %w[op25b_mta other])
  def test_a_network_of_the_host_s_in_the_way = refute_up(/10\.25\.0\.9 in 10\.25\.0\.0.*OP25B_MANAGEMENT/, "libvirt", addresses: ["10.25.0.9"])
  def test_a_port_of_the_host_s_in_the_way = refute_up(/port 9125.*OP25B_METRICS_PORT/, "virtualbox", port_free?: false)

  def test_machines_that_are_up_need_no_more_memory_and_hold_the_port_themselves
    assert_nil refusal("libvirt", existing: %w[router client mta external-mta], memory: 10, port_free?: false, addresses: ["10.25.0.9"], domains: ["op25b_mta"])
  end
end
