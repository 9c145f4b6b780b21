require "open3"
require "socket"

# What `vagrant up` cannot do without, looked at before it begins: one line for the first thing that lacks, with its mend.
class Preflight
  Problem = Class.new(StandardError)

  MANAGEMENT = ENV.fetch("OP25B_MANAGEMENT", "10.25.0.0/24")
  BOX = "op25b/debian12"

  # What is asked of the machine, so that a test can say otherwise.
  class Host
    def command?(name)
      ENV["PATH"].split(File::PATH_SEPARATOR).any? { |folder| [name, "#{name}.exe"].any? { |file| File.executable?(File.join(folder, file)) } }
    end

    def virtualbox? = command?("VBoxManage") || !ENV["VBOX_MSI_INSTALL_PATH"].to_s.empty?
    def libvirt_plugin? = Gem::Specification.any? { |gem| gem.name == "vagrant-libvirt" } || !Dir.glob("#{vagrant_home}/gems/*/gems/vagrant-libvirt-*").empty?
    def libvirt_socket? = File.socket?("/run/libvirt/libvirt-sock") || File.socket?("/run/libvirt/virtqemud-sock")
    # There is a KVM too that works without the processor's help, inside a virtual machine, and runs no kernel but one made for it.
    def kvm? = File.exist?("/dev/kvm") && virtualisation?
    def linux? = File.exist?("/proc/meminfo")
    def virtualisation? = !linux? || File.read("/proc/cpuinfo").match?(/^flags.*\b(vmx|svm)\b/)
    def memory = linux? ? File.read("/proc/meminfo")[/^MemAvailable:\s*(\d+)/, 1].to_i / 1024 : nil
    def box? = Dir.exist?("#{vagrant_home}/boxes/#{BOX.sub('/', '-VAGRANTSLASH-')}")
    def domains = lines("virsh", "-q", "-c", "qemu:///system", "list", "--all", "--name")
    def addresses = Socket.ip_address_list.select(&:ipv4?).map(&:ip_address)
    def port_free?(port) = TCPServer.new("127.0.0.1", port).close.nil?
    def file?(path) = File.exist?(path)

    private

    def vagrant_home = ENV["VAGRANT_HOME"] || File.expand_path("~/.vagrant.d")

    def lines(*command)
      Open3.capture2(*command, err: File::NULL)[0].split("\n").map(&:strip).reject(&:empty?)
    rescue SystemCallError
      []
    end
  end

  # How to come by so much memory: what takes it, processes and files that are kept in it.
  def self.freeing(megabytes) = "free #{megabytes} MB more (ps -eo rss,pid,args --sort=-rss | head; df -h -t tmpfs)"

  # What vagrant/e2e.sh lacks, in one line with its mend, or nil. Software emulation takes 1.4 GB a machine; disks and box are in memory too.
  def self.lacking_for_tests(host = Host.new)
    need, free = host.kvm? ? 3800 : 7500, host.memory
    return if free >= need

    elsewhere = host.kvm? ? "on a larger computer" : "on a larger computer, or on one with KVM, where 3800 MB are enough"
    "four machines, and their disks in memory, need about #{need} MB, and #{free} MB are free: #{freeing(need - free)}, or run it #{elsewhere}"
  end

  def initialize(provider:, binary:, machines:, existing:, metrics_port:, host: Host.new)
    @provider, @binary, @machines, @existing, @metrics_port, @host = provider, binary, machines, existing, metrics_port, host
  end

  # Raises Problem with one line.
  def check
    provider
    program
    memory
    return if @existing.any?

    leftovers
    networks
  end

  private

  def problem(text) = raise(Problem, text)

  def provider
    case @provider
    when "libvirt"
      @host.libvirt_plugin? or problem("Vagrant's libvirt plugin is missing: sudo apt-get install vagrant-libvirt qemu-system-x86 libvirt-daemon-system")
      @host.libvirt_socket? or problem("libvirt is not running: sudo systemctl start libvirtd (install it with: sudo apt-get install libvirt-daemon-system)")
      @host.kvm? || @host.box? or problem("there is no KVM (/dev/kvm, and vmx or svm in /proc/cpuinfo), and the box for software emulation is not built: sudo vagrant/box/build /tmp/op25b.box && vagrant box add --name #{BOX} --provider libvirt /tmp/op25b.box (or let vagrant/e2e.sh do everything)")
    when "virtualbox"
      @host.virtualbox? or problem("VirtualBox is not installed: get it from https://www.virtualbox.org, or use libvirt: sudo apt-get install vagrant-libvirt qemu-system-x86 libvirt-daemon-system")
      @host.virtualisation? or problem("this processor's virtualisation is off (no vmx or svm in /proc/cpuinfo), and VirtualBox needs it: switch it on in the firmware; inside a virtual machine, switch nested virtualisation on in its host, or use --provider libvirt, which can emulate")
    else
      problem("there is neither libvirt nor VirtualBox here: sudo apt-get install vagrant-libvirt qemu-system-x86 libvirt-daemon-system, or get VirtualBox from https://www.virtualbox.org")
    end
  end

  def program
    @host.file?(@binary) or problem("the router's program #{@binary} is not there: vagrant/publish makes it (or name one: ROUTER_BINARY=…)")
  end

  # Software emulation keeps its translations beside each machine's memory.
  def memory
    missing, each = @machines - @existing, @provider == "libvirt" && !@host.kvm? ? 1600 : 650
    lacking, free = missing.length * each, @host.memory
    return if free.nil? || free >= lacking

    fewer = (%w[router client] & missing).length
    smaller = fewer.between?(1, missing.length - 1) ? "begin with `vagrant up router client`, which needs #{fewer * each} MB" : "destroy another machine (vagrant global-status)"
    problem("#{missing.length} machines need about #{lacking} MB of memory, and #{free} MB are free: #{Preflight.freeing(lacking - free)}, or #{smaller}")
  end

  def leftovers
    return unless @provider == "libvirt"

    left = @host.domains & @machines.map { |name| "op25b_#{name}" }
    return if left.empty?

    problem("an earlier run left #{left.join(', ')} behind, which this folder's Vagrant does not know: for d in #{left.join(' ')}; do virsh -c qemu:///system destroy $d; virsh -c qemu:///system undefine $d --remove-all-storage; done")
  end

  def networks
    @host.port_free?(@metrics_port) or problem_port
    return unless @provider == "libvirt"

    clash = @host.addresses.find { |address| address.start_with?(MANAGEMENT.sub(/\d+\/24$/, "")) && !address.end_with?(".1") }
    problem("this machine has the address #{clash} in #{MANAGEMENT}, where Vagrant would reach the machines: choose another with OP25B_MANAGEMENT=10.26.0.0/24") if clash
  rescue SystemCallError
    problem_port
  end

  def problem_port = problem("something listens on port #{@metrics_port} of this machine, where the router's metrics would be: choose another with OP25B_METRICS_PORT=9126")
end
