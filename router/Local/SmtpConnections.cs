using Router.Packets;
using Router.Sessions;
using Router.Wire;

namespace Router.Local;

/// <summary>
/// The conversations that are going on, in fixed places. Those that have not proved their address yet have a budget of their own, so that a flood of SYNs takes
/// nothing from those that have.
/// </summary>
internal sealed class SmtpConnections
{
    public const int Capacity = MostOpening + MostStanding;

    private const int MostOpening = 256, MostOpeningPerHost = 4, MostStanding = 1024, MostStandingPerHost = 32;

    private readonly SmtpConnection[] _records;
    private readonly Stack<int> _free;
    private readonly Dictionary<FlowKey, int> _numbers;
    private readonly HostBudget _opening, _standing;
    private readonly KeyedHash _hash;
    private readonly int _ipv6PrefixLength;

    /// <summary>With one of <paramref name="fraction"/> parts of the places.</summary>
    public SmtpConnections(KeyedHash hash, int ipv6PrefixLength, int fraction = 1)
    {
        _hash = hash;
        _ipv6PrefixLength = ipv6PrefixLength;
        _opening = new HostBudget(MostOpening / fraction, MostOpeningPerHost);
        _standing = new HostBudget(MostStanding / fraction, MostStandingPerHost);
        _records = new SmtpConnection[Capacity / fraction];
        _free = new Stack<int>(_records.Length);
        _numbers = new Dictionary<FlowKey, int>(_records.Length, new FlowKeyComparer(hash));
        for (int number = _records.Length - 1; number >= 0; number--)
            _free.Push(number);
    }

    public int Count => _numbers.Count;

    public int Places => _records.Length;

    public ref SmtpConnection this[int number] => ref _records[number];

    public bool TryFind(in FlowKey client, out int number) => _numbers.TryGetValue(client, out number);

    /// <summary>A new record for the packet's sender, where its host and all may have one more in the state.</summary>
    public bool TryAdd(in Packet packet, in FlowKey client, SmtpState state, out int number)
    {
        number = 0;
        IpAddress subscriber = Subscriber.Of(client.Source, _ipv6PrefixLength);
        int group = (int)(_hash.Of(subscriber.High, subscriber.Low) % HostBudget.Groups);
        if (!BudgetOf(state).TryTake(group))
            return false;
        number = _free.Pop();
        _numbers.Add(client, number);
        _records[number] = new SmtpConnection
        {
            Client = client,
            Interface = packet.Ingress,
            Station = new EthernetHeader(packet.Bytes[TapDev.VirtioHeader.Size..]).Source,
            Group = group,
            State = state,
        };
        return true;
    }

    /// <summary>The client has proved its address. False where its host, or all, have as many conversations as they may.</summary>
    public bool TryEstablish(int number)
    {
        ref SmtpConnection connection = ref _records[number];
        if (!_standing.TryTake(connection.Group))
            return false;
        _opening.GiveBack(connection.Group);
        connection.State = SmtpState.Open;
        return true;
    }

    public void Remove(int number)
    {
        ref SmtpConnection connection = ref _records[number];
        BudgetOf(connection.State).GiveBack(connection.Group);
        _numbers.Remove(connection.Client);
        _free.Push(number);
        connection = default;
    }

    private HostBudget BudgetOf(SmtpState state) => state == SmtpState.Opening ? _opening : _standing;

    /// <summary>Keyed, so that a stranger cannot choose tuples that fall into one place.</summary>
    private sealed class FlowKeyComparer(KeyedHash hash) : IEqualityComparer<FlowKey>
    {
        public bool Equals(FlowKey x, FlowKey y) => x == y;

        public int GetHashCode(FlowKey obj) => (int)hash.Of(obj);
    }
}
