import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Properties;

/**
 * Opens a published file read-only, reads each table and view completely, and prints one line of JSON about each.
 * Argument: the file. Tables and columns are listed as JDBC tools do it. read.py explains the digest.
 */
class Read {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("duckdb.read_only", "true");
    try (Connection connection = DriverManager.getConnection("jdbc:duckdb:" + args[0], properties)) {
      DatabaseMetaData meta = connection.getMetaData();
      try (Statement statement = connection.createStatement()) {
        statement.execute("SET TimeZone = 'UTC'");
      }
      try (ResultSet tables = meta.getTables(connection.getCatalog(), "main", "%", null)) {
        while (tables.next()) {
          describe(connection, tables.getString("TABLE_NAME"), tables.getString("TABLE_TYPE"));
        }
      }
    }
  }

  private static void describe(Connection connection, String name, String kind) throws Exception {
    List<String> types = new ArrayList<>();
    try (ResultSet columns = connection.getMetaData().getColumns(connection.getCatalog(), "main", name, "%")) {
      while (columns.next()) types.add('"' + columns.getString("TYPE_NAME") + '"');
    }
    int rows = cells(connection, "SELECT * FROM \"" + name + '"').size();
    String count = cells(connection, "SELECT count(*) FROM \"" + name + '"').get(0);
    List<String> texts = cells(connection, "SELECT COLUMNS(*)::VARCHAR FROM \"" + name + '"');
    System.out.printf(
        "{\"name\": \"%s\", \"view\": %b, \"types\": %s, \"rows\": %d, \"count\": %s, \"digest\": \"%s\"}%n",
        name, kind.equals("VIEW"), types, rows, count, digest(texts));
  }

  /** Each row as the text of its cells; each cell is converted to a Java object first. */
  private static List<String> cells(Connection connection, String sql) throws SQLException {
    List<String> lines = new ArrayList<>();
    try (Statement statement = connection.createStatement(); ResultSet result = statement.executeQuery(sql)) {
      int width = result.getMetaData().getColumnCount();
      while (result.next()) {
        String[] row = new String[width];
        for (int column = 0; column < width; column++) {
          Object cell = result.getObject(column + 1);
          row[column] = cell == null ? "\0" : cell.toString();
        }
        lines.add(String.join("\u001f", row));
      }
    }
    return lines;
  }

  private static String digest(List<String> lines) throws Exception {
    byte[][] sorted = lines.stream().map(line -> line.getBytes(StandardCharsets.UTF_8)).toArray(byte[][]::new);
    Arrays.sort(sorted, Arrays::compareUnsigned);
    MessageDigest sha = MessageDigest.getInstance("SHA-256");
    for (int at = 0; at < sorted.length; at++) {
      if (at > 0) sha.update((byte) '\n');
      sha.update(sorted[at]);
    }
    return HexFormat.of().formatHex(sha.digest());
  }
}
