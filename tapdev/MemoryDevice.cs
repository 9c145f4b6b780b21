namespace TapDev;

/// <summary>skeleton</summary>
public abstract class MemoryDevice : FrameDevice
{
}
