namespace Router.Control;

/// <summary>A capture that runs, at the client's end: pcapng until somebody ends it.</summary>
internal sealed class CaptureDownload(HttpResponseMessage response, Stream stream, Func<Task> end) : IAsyncDisposable
{
    private readonly DownloadStream _stream = new(stream);
    private int _ends;

    public Stream Stream => _stream;

    /// <summary>Whether reading failed, rather than writing what was read.</summary>
    public bool HasFailed => _stream.HasFailed;

    /// <summary>Asks the router to end it well: the rest and the statistics still come. False where that was asked before.</summary>
    public bool TryEnd()
    {
        if (Interlocked.Increment(ref _ends) > 1)
            return false;
        _ = end();
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        response.Dispose();
    }

    /// <summary>A router that ends, or is killed, is the end of the stream.</summary>
    private sealed class DownloadStream(Stream stream) : Stream
    {
        public bool HasFailed { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                return await stream.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                HasFailed = true;
                return 0;
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            GC.SuppressFinalize(this);
        }
    }
}
